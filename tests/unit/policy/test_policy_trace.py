"""The full trace: whole, cited, and with no number that is not in its inputs or outputs."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from schemas.money import text_of
from workers.cases.laws import law_of, measures, run, shipped, with_readings
from workers.cases.timeline import read_all
from workers.errors import Usage
from workers.policy.adoption import build_adoption, load_adoption
from workers.policy.law import Law
from workers.policy.numbers import normal
from workers.policy.trace.expand import expand
from workers.policy.trace.told import Trace
from workers.policy.types import Status, Verdict
from workers.policy.verbs.registry import IMPLEMENTED

LAW = load_adoption(build_adoption())
_NUMBER = re.compile(r"\d+(?:\.\d+)?%?")


def verdicts() -> list[tuple[Law, Verdict]]:
    """Every verdict of every worked example, under the readings of its section."""
    result: list[tuple[Law, Verdict]] = []
    for timeline in read_all():
        law = LAW
        if timeline.readings or timeline.adopted or timeline.lists:
            book = with_readings(shipped(timeline.measure).book, timeline.readings)
            law = law_of(book, timeline.adopted, timeline.lists)
        result.extend((law, verdict) for verdict in run(law, timeline))
    return result


VERDICTS = verdicts()
TRACES = [(verdict, expand(law, verdict)) for law, verdict in VERDICTS]


def as_decision(verdict: Verdict, law: Law) -> dict[str, Any]:
    """The parts of `assistance.decided` that a trace needs, through JSON."""
    decision = {
        "measure": verdict.measure, "benefit_date": verdict.benefit_date.isoformat(), "reason": verdict.reason,
        "status": verdict.status, "layers": {name: text_of(fen) for name, fen in verdict.layers.items()},
        "steps": [list(step) for step in verdict.steps], "questions": verdict.questions,
        "receipt": {"engine": 1, "rulebook": f"sha256:{law.hash}"},
    }  # fmt: skip
    return dict(json.loads(json.dumps(decision)))


def test_there_is_enough_to_look_at() -> None:
    codes = {(step.step, step.code) for verdict, _ in TRACES for step in verdict.steps}
    assert len(VERDICTS) > 150
    assert len(codes) > 40


def test_every_number_of_a_sentence_is_an_input_or_an_output() -> None:
    for _, trace in TRACES:
        for step in trace.steps:
            values = " ".join((*step.inputs.values(), *step.outputs.values()))
            known = set(_NUMBER.findall(values))
            said = set(_NUMBER.findall(step.sentence))
            assert said <= known, f"{step.rule}.{step.code}: {said - known} come from nowhere"


def test_every_step_is_cited_and_its_quote_stands_in_the_instrument() -> None:
    words = {measure: "".join(shipped(measure).articles.values()) for measure in measures()}
    for verdict, trace in TRACES:
        if verdict.measure:
            assert trace.doc_no == shipped(verdict.measure).book.instrument.doc_no
            for step in trace.steps:
                assert step.citations or step.rule == "order"  # an officer's order names its document
                for cite in step.citations:
                    assert cite.question or normal(cite.quote) in words[verdict.measure]


def test_each_step_goes_on_from_what_the_one_before_it_gave() -> None:
    for _, trace in TRACES:
        given: dict[str, str] = {}
        for step in trace.steps:
            for name, text in step.inputs.items():
                if name in given and name in ("救助基数", "应救助额"):
                    assert given[name] == text
            if step.rule == "rate" and "余额" in given:
                assert step.inputs["应救助费用"] == given["余额"]
            given.update(step.outputs)


def test_every_rule_either_has_a_step_or_says_why_not() -> None:
    silent = {"grace_month", "retro_class_4", "round", "fund", "stay", "poverty_fund", "applicants"}
    silent |= {"assistance_fund", "charity_fund"}
    for verdict, trace in TRACES:
        if not verdict.measure:
            continue
        told = {step.rule for step in trace.steps} | {each.rule for each in trace.not_applied}
        rules = {rule.id for rule in shipped(verdict.measure).book.rule if IMPLEMENTED[rule.do].plan is None}
        assert rules - told <= silent
        assert all(each.because for each in trace.not_applied)
        groups = {group.id for group in shipped(verdict.measure).book.group} - told
        assert len(groups) <= 1
        assert not {step.rule for step in trace.steps} & {each.rule for each in trace.not_applied}


def test_amounts_of_the_trace_are_those_of_the_verdict() -> None:
    for verdict, trace in TRACES:
        outputs = {name: text for step in trace.steps for name, text in step.outputs.items()}
        if verdict.status is Status.DECIDED and "本次救助" in outputs:
            assert outputs["本次救助"] == text_of(verdict.layers["ordinary"])
            second = outputs.get("倾斜救助", outputs.get("本次支付", "0.00"))
            assert second == text_of(sum(verdict.layers.values()) - verdict.layers["ordinary"])
            if verdict.measure not in ("JY", "DT"):  # there the base also holds what lies outside the policy
                assert outputs["救助基数"] == text_of(verdict.base)


def test_a_decision_from_the_log_is_explained_like_its_verdict() -> None:
    for law, verdict in VERDICTS:
        if law is LAW and verdict.measure:
            assert expand(LAW, as_decision(verdict, LAW)) == expand(LAW, verdict)


def test_a_decision_of_another_law_is_not_explained_with_this_one() -> None:
    decision = as_decision(VERDICTS[0][1], LAW)
    decision["receipt"]["rulebook"] = "sha256:" + "1" * 64
    with pytest.raises(Usage, match="made under"):
        expand(LAW, decision)


def _first(reason: str, code: str = "", measure: str = "") -> Trace:
    return next(
        trace
        for verdict, trace in TRACES
        if verdict.reason == reason and measure in ("", verdict.measure)
        if not code or any(step.code == code for step in verdict.steps)
    )


def test_a_refusal_says_which_rule_refused_and_that_the_others_were_not_reached() -> None:
    trace = _first("not_designated", measure="JY")
    assert trace.steps[-1].rule == "designated"
    assert "不符合规定" in trace.steps[-1].sentence
    because = {each.rule: each.because for each in trace.not_applied}
    assert because["cap"].startswith("此前已经决定")
    assert because["fund"] == "没有需要列支的救助金额。"


def test_interpretations_name_reading_and_basis() -> None:
    trace = _first("assisted", "class_2.grace")
    relied = {each.id: each for each in trace.questions}
    assert {"QN-A11", "QN-A23", "QN-A1"} <= set(relied)
    assert not relied["QN-A11"].general
    assert relied["X-A1"].general
    assert relied["QN-A11"].reading.startswith("只适用于不再属于特殊困难人群")


def test_an_exception_names_the_reading_it_rests_on() -> None:
    relied = {each.id for each in _first("assisted", "rescue_as_inpatient").questions if not each.general}
    assert "X-A7" in relied
    relied = {each.id for each in _first("assisted", "exempt").questions if not each.general}
    assert "QN-A9" in relied
    assert "QN-A1" not in {each.id for each in _first("assisted", "class_3").questions}, "its cap stands in the text"


def test_before_in_force_is_explained_with_the_date_of_the_instrument() -> None:
    trace = next(trace for verdict, trace in TRACES if (verdict.measure, verdict.reason) == ("QN", "before_in_force"))
    assert "2023-01-01" in trace.steps[0].sentence
    assert trace.steps[0].clauses == ("QN-6a",)


def test_a_place_without_an_instrument_is_explained_without_citation() -> None:
    trace = _first("no_instrument")
    assert trace.steps[0].sentence == "参保地没有已启用的救助办法，启用后自动结算。"
