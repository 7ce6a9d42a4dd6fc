"""The independent checker over every worked example and a simulated county, and that each kind of fault is seen."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from schemas.money import text_of
from schemas.outputs.explained import ExplainedDecision
from workers.audit import traces
from workers.audit.traces import faults
from workers.cases.laws import law_of, run, shipped, with_readings
from workers.cases.timeline import read_all
from workers.policy.adoption import build_adoption, load_adoption
from workers.policy.explained import content_hash, explain
from workers.policy.law import Law
from workers.policy.types import Verdict
from workers.replay.run import replay_file
from workers.settings import Settings
from workers.simulate.output import write
from workers.simulate.year import Plan

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "schemas/generated/decision-explained.schema.json").read_text(encoding="utf-8"))
KEY, HASH = "a" * 64, "b" * 32


def decision_of(verdict: Verdict, law: Law) -> dict[str, Any]:
    """`assistance.decided` as the ledger would write it for the first decision of a bill."""
    layers = {name: text_of(fen) for name, fen in verdict.layers.items()}
    figures = ("base", "deductible", "own_share", "over_cap", "excluded")
    return {
        "decision_id": HASH, "sequence": 1, "person_key": KEY, "supersedes": None,
        "bill": {"region": "520000", "setl_id": "S1"},
        "cause": {"type": "settlement.final", "partition": 0, "offset": 1, "stamp": 1},
        "measure": verdict.measure, "year": verdict.year, "benefit_date": verdict.benefit_date.isoformat(),
        "county": "522701", "status": verdict.status, "reason": verdict.reason, "layers": layers, "delta": layers,
        "figures": {name: text_of(getattr(verdict, name)) for name in figures},
        "postings": [
            {"layer": name, "payee": "hospital", "kind": "settle", "amount": text}
            for name, text in layers.items() if text != "0.00"
        ],
        "funding": list(verdict.funding), "clauses": list(verdict.clauses), "questions": list(verdict.questions),
        "receipt": {"engine": 1, "rulebook": f"sha256:{law.hash}"}, "steps": [list(step) for step in verdict.steps],
    }  # fmt: skip


def told(law: Law, verdict: Verdict) -> dict[str, Any]:
    return explain(law, json.loads(json.dumps(decision_of(verdict, law)))).model_dump(mode="json")


def of_cases() -> list[tuple[str, dict[str, Any]]]:
    plain = load_adoption(build_adoption())
    found = []
    for timeline in read_all():
        law = plain
        if timeline.readings or timeline.adopted or timeline.lists:
            book = with_readings(shipped(timeline.measure).book, timeline.readings)
            law = law_of(book, timeline.adopted, timeline.lists)
        for row, verdict in zip(timeline.rows, run(law, timeline), strict=True):
            if verdict.measure:
                found.append((f"{timeline.file}:{row.line}", told(law, verdict)))
    return found


CASES = of_cases()


def test_every_decision_of_every_worked_case_adds_up() -> None:
    assert len(CASES) > 400
    assert {where: found for where, each in CASES if (found := faults(each))} == {}


def test_explained_decisions_are_of_their_schema_and_hash() -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for where, each in CASES[::7]:
        assert list(validator.iter_errors(each)) == [], where
        assert content_hash(ExplainedDecision.model_validate_json(json.dumps(each))) == each["hash"]


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Everything decided in a simulated county year, corrections included, explained."""
    folder = tmp_path_factory.mktemp("county")
    write(Plan(7, 3000, 2023, "522701", False, True, 30), folder / "year.ndjson")
    replay_file(folder / "year.ndjson", Settings.model_construct(), traces=folder / "traces.ndjson")
    return [json.loads(line) for line in (folder / "traces.ndjson").read_text(encoding="utf-8").splitlines()]


def test_every_decision_of_a_simulated_county_adds_up(county: list[dict[str, Any]]) -> None:
    assert len(county) > 300
    assert {each["decision_id"]: found for each in county if (found := faults(each))} == {}
    validator = jsonschema.Draft202012Validator(SCHEMA)
    assert [error for each in county for error in validator.iter_errors(each)] == []


def test_a_correction_names_the_rules_that_changed(county: list[dict[str, Any]]) -> None:
    later = [each for each in county if each["supersedes"] is not None]
    assert later
    assert all(each["difference"] is not None for each in later)
    money = [each for each in later if each["difference"]["layers"] and each["status"] == "decided"]
    assert money
    for each in money:
        assert each["difference"]["steps"], "an amount changed without a step"
        assert each["difference"]["supersedes"] == each["supersedes"]


def test_a_premium_subsidy_adds_up_too(tmp_path: Path) -> None:
    base = {"version": 1, "region": "520000", "psn_no": "P1"}
    identity = {**base, "type": "identity.changed", "source_id": "I1", "identity": "低保对象", "revision": 1,
                "recognised_on": "2023-01-01"}  # fmt: skip
    paid = {**base, "type": "premium.paid", "payment_id": "Y1", "revision": 1, "coverage_year": 2024, "kind": "basic",
            "paid_on": "2023-11-01", "standard": "380.01", "county": "522701", "insutype": "390"}  # fmt: skip
    feed, figures = tmp_path / "feed.ndjson", tmp_path / "figures.toml"
    lines = [("identity.changed", identity), ("enrolment.changed", paid)]
    text = "".join(json.dumps({"topic": topic, "key": "P1", "value": value}) + "\n" for topic, value in lines)
    feed.write_text(text, encoding="utf-8")
    figures.write_text('[QN.collection_window_last_day]\n2024 = "2023-12-31"\n', encoding="utf-8")
    replay_file(feed, Settings.model_construct(), figures=figures, traces=tmp_path / "traces.ndjson")
    (each,) = [json.loads(line) for line in (tmp_path / "traces.ndjson").read_text(encoding="utf-8").splitlines()]
    assert each["layers"] == {"premium": "190.01"}
    assert faults(each) == []
    step = each["steps"][0]
    step["outputs"]["资助额"] = each["layers"]["premium"] = "190.02"
    assert any("资助额 is 190.02" in fault for fault in faults(each))


# --- each kind of fault is seen --------------------------------------------------------------------------------------
Spoil = Callable[[dict[str, Any]], object]


def _sign(each: dict[str, Any]) -> dict[str, Any]:
    each["hash"] = content_hash(ExplainedDecision.model_validate_json(json.dumps(each)))
    return each


def _with(verb: str, output: str) -> dict[str, Any]:
    """A worked example whose step of this verb gives this output, to be spoiled."""
    for _, each in CASES:
        for step in each["steps"]:
            shown = {**step["inputs"], **step["outputs"]}
            if step["verb"] == verb and step["outputs"] and shown.get(output, "0.00") != "0.00":
                return dict(json.loads(json.dumps(each)))
    raise AssertionError(f"no worked example has {verb} with {output}")


OUTPUTS = [
    ("base_amount", "救助基数"), ("subtract_deductible", "本次扣除"), ("subtract_deductible", "余额"),
    ("single_rate", "应救助额"), ("cap_year", "本次救助"), ("top_up", "倾斜救助"), ("threshold_share", "超过部分"),
    ("threshold_share", "倾斜救助"), ("running_claim", "本次支付"),
    ("retro_benefit", "本次追溯救助"),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "output"), OUTPUTS)
def test_a_result_that_does_not_follow_is_seen(verb: str, output: str) -> None:
    each = _with(verb, output)
    step = next(step for step in each["steps"] if step["verb"] == verb)
    shown = step["outputs" if output in step["outputs"] else "inputs"]
    amount = shown[output]
    more = 2 if verb == "retro_benefit" else 1  # a share is whole fen of a sum that is spread
    other = shown[output] = text_of(int(amount.replace(".", "")) + more) if "约" not in amount else "0.01"
    step["sentence"] = step["sentence"].replace(amount, other)
    assert any(f": {output} is" in fault for fault in faults(_sign(each)))


def _figure(each: dict[str, Any]) -> None:
    each["figures"]["own_share"] = text_of(int(each["figures"]["own_share"].replace(".", "")) + 1)


def _layer(each: dict[str, Any]) -> None:
    each["layers"]["ordinary"] = "0.01"


def _posting(each: dict[str, Any]) -> None:
    each["postings"][0]["amount"] = "0.01"


def _said(each: dict[str, Any]) -> None:
    each["steps"][-1]["sentence"] += "另付77.77元。"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [(_figure, "base is not"), (_layer, "layer ordinary is"), (_posting, "postings do not sum"), (_said, "77.77")],
)
def test_a_total_or_a_word_that_does_not_follow_is_seen(spoil: Spoil, says: str) -> None:
    each = _with("cap_year", "本次救助")
    spoil(each)
    assert any(says in fault for fault in faults(_sign(each)))


def test_a_changed_word_is_seen_by_the_hash_and_a_difference_by_its_layers(county: list[dict[str, Any]]) -> None:
    each = _with("cap_year", "本次救助")
    each["steps"][0]["name"] += "。"
    assert faults(each) == ["hash is another one"]
    later = next(each for each in county if each["difference"] and each["difference"]["layers"])
    spoiled = dict(json.loads(json.dumps(later)))
    spoiled["difference"]["layers"][0]["delta"] = "0.01"
    assert "the difference is not the delta" in faults(_sign(spoiled))


def test_an_unknown_verb_is_a_fault_not_a_pass() -> None:
    each = _with("cap_year", "本次救助")
    next(step for step in each["steps"] if step["verb"] == "cap_year")["verb"] = "cap_moon"
    assert any("cap_moon" in fault for fault in faults(_sign(each)))


def test_the_checker_is_short_and_imports_nothing_of_ours() -> None:
    text = Path(traces.__file__).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 100
    names = [node.names[0].name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import)]
    froms = [node.module or "" for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
    assert not [name for name in (*names, *froms) if name.startswith(("workers", "schemas", "tests"))]


def test_the_command_names_the_line_and_fails_with_one(county: list[dict[str, Any]], tmp_path: Path) -> None:
    from workers.cli import _register_all, app

    if not app.registered_commands:
        _register_all()
    good, bad = tmp_path / "good.ndjson", tmp_path / "bad.ndjson"
    lines = [json.dumps(each, ensure_ascii=False) for each in county[:5]]
    good.write_text("\n".join(lines), encoding="utf-8")
    done = CliRunner().invoke(app, ["check-traces", str(good)])
    assert (done.exit_code, "5 decisions add up" in done.stdout) == (0, True)
    bad.write_text("\n".join([*lines, lines[0].replace("0.00", "0.01", 1)]), encoding="utf-8")
    done = CliRunner().invoke(app, ["check-traces", str(bad)])
    assert done.exit_code == 1
    assert f"{bad}:6: hash is another one" in done.stderr
