"""From a task to the order that ends it: every kind's template is valid, and the ledger takes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from schemas.codec import feed_model
from schemas.outputs.person import TaskKind
from tests.unit.office.office_world import OfficeWorld
from workers.cli import _register_all, app
from workers.errors import Usage
from workers.history.app import WRITERS
from workers.history.database import Database, Row, Source
from workers.office.kinds import ENDED_BY, KINDS, OPEN, order_fields
from workers.office.tasks import Task, task, tasks

SIGNED = ["--author", "U1", "--second-signer", "U2", "--document", "黔南医保〔2023〕5号", "--ordered-on", "2023-07-01"]
_register_all()


@pytest.fixture
def world(tmp_path: Path) -> OfficeWorld:
    world = OfficeWorld(tmp_path)
    world.assisted("P1")
    world.bill("P1")
    return world


def run(world: OfficeWorld, *words: str) -> Any:
    return CliRunner().invoke(app, [*words, "--database", str(world.stored())])


def new(world: OfficeWorld, one: Task, *words: str) -> dict[str, Any]:
    """`tuodi order new … --dry-run`; the line it prints."""
    who = [] if one.kind == "recoveries" else ["--psn-no", "P1"]
    told = run(world, "order", "new", one.task_id, *SIGNED, *who, "--dry-run", *words)
    assert told.exit_code == 0, (told.output, told.exception)
    line: dict[str, Any] = json.loads(told.stdout.splitlines()[0])
    feed_model("office.ordered", "office.ordered", 1).validate_json(json.dumps(line["value"]))
    return line


def only_task(world: OfficeWorld) -> Task:
    (one,) = tasks(world.stored(), None, None, closed=False)
    return one


def test_money_back_is_approved(world: OfficeWorld) -> None:
    world.assisted("P1", revision=2, removed_on="2023-03-01")
    one = only_task(world)
    assert (one.kind, one.facts["amount"], one.opened_on) == ("recovery", "700.00", "1970-01-01")
    line = new(world, one, "--approval", "approved")
    assert line["value"]["decision_id"] == one.facts["decision_id"]
    world.line(line)
    assert tasks(world.stored(), None, None, closed=False) == []
    ended = task(world.stored(), one.task_id)
    assert ended.closed == {
        "because": "order",
        "order_id": line["value"]["order_id"],
        "document": "黔南医保〔2023〕5号",
    }


@pytest.mark.parametrize("keep", ["kept", "rival"])
def test_a_contradiction_is_ended_by_the_body_to_keep(world: OfficeWorld, keep: str) -> None:
    world.bill("P1", own="2000.00")
    one = only_task(world)
    line = new(world, one, "--keep", keep)
    assert line["value"]["keep_digest"] == one.facts[keep]
    world.line(line)
    assert tasks(world.stored(), "conflict", None, closed=False) == []


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("class_recognition", {"identity": "因病致贫重病患者"}, ["--approval", "refused"]),
        ("elsewhere", {}, ["--proof"]),
        ("elsewhere", {}, ["--no-proof"]),
        ("manual_claim", {"setl_ids": ["S9"]}, ["--approval", "approved"]),
        ("objection", {"setl_ids": ["S1"]}, ["--approval", "refused"]),
        (
            "objection",
            {"setl_ids": ["S1"]},
            ["--approval", "approved", "--setl-id", "S1", "--found", "designated=false"],
        ),
        (
            "objection",
            {"setl_ids": ["S1"]},
            ["--approval", "approved", "--setl-id", "S1", "--amount", "ordinary=800.00"],
        ),
    ],
)
def test_an_application_is_answered(world: OfficeWorld, kind: str, fields: dict[str, Any], words: list[str]) -> None:
    world.application("P1", kind, **fields)
    one = next(each for each in tasks(world.stored(), None, None, closed=False) if "application_id" in each.facts)
    world.line(new(world, one, *words))
    left = tasks(world.stored(), None, None, closed=False)
    assert [each.kind for each in left if "application_id" in each.facts] == []


def test_a_task_about_which_nothing_is_to_be_decided_is_closed(world: OfficeWorld) -> None:
    world.feed("settlement.reported", "P1", "settlement.cancel", setl_id="S9", own_id="C9")
    world.day("2023-06-01")
    world.day("2023-08-01")
    one = only_task(world)
    assert one.kind == "cancel_without_bill"
    world.line(new(world, one))
    assert tasks(world.stored(), None, None, closed=False) == []


def test_the_word_on_an_adoption_stands_about_no_person(world: OfficeWorld) -> None:
    adoption = "sha256:" + "ab" * 32
    facts = {"adoption": adoption, "persons": 30, "amount": "90000.00"}
    one = Task("t1", "recoveries", "ab" * 32, None, facts, "2023-06-01", None)
    assert (one.order["adoption"], "psn_no" in one.order) == (adoption, False)


def test_every_kind_has_words_and_an_order() -> None:
    facts = {"digest": "1:ab", "decision_id": "a" * 32, "adoption": "b" * 64, "application_id": "A1", "revision": 1}
    bill = {"region": "520000", "setl_id": "S1"}
    assert set(KINDS) == set(TaskKind)
    for kind in TaskKind:
        fields = order_fields(kind.value, facts, bill)
        assert fields["kind"] == ENDED_BY.get(kind, "task_closed")
    assert order_fields("needs_person", facts, bill)["decision"] == {"amounts": {"ordinary": OPEN}}
    assert order_fields("conflict", facts, None) == {"kind": "task_closed"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--psn-no", "P2", "--approval", "approved"], "not the number of the person"),
        (["--psn-no", "P1"], "still open: approval"),
        (["--approval", "approved"], "still open: psn_no"),
        (["--psn-no", "P1", "--approval", "maybe"], "does not fit the contract: approval"),
        (["--psn-no", "P1", "--approval", "approved", "--second-signer", "U1"], "two signers"),
        (["--psn-no", "P1", "--amount", "700"], "--amount is written ordinary=700.00"),
    ],
)
def test_a_wrong_order_is_not_written(world: OfficeWorld, words: list[str], said: str) -> None:
    world.assisted("P1", revision=2, removed_on="2023-03-01")
    told = run(world, "order", "new", only_task(world).task_id, *SIGNED, "--dry-run", *words)
    assert isinstance(told.exception, Usage)
    assert said in str(told.exception)


def test_a_task_that_is_over_or_unknown_takes_no_order(world: OfficeWorld) -> None:
    world.assisted("P1", revision=2, removed_on="2023-03-01")
    one = only_task(world)
    world.line(new(world, one, "--approval", "waived"))
    told = run(world, "order", "new", one.task_id, *SIGNED, "--psn-no", "P1", "--approval", "waived", "--dry-run")
    assert "is over" in str(told.exception)
    assert "not in the read model" in str(run(world, "order", "new", "t0", *SIGNED).exception)
    assert "no such kind" in str(run(world, "tasks", "--kind", "nothing").exception)


def test_the_list_says_who_ends_a_task_and_how(world: OfficeWorld) -> None:
    assert run(world, "tasks").stdout == "没有待办任务\n"
    world.assisted("P1", revision=2, removed_on="2023-03-01")
    page = run(world, "tasks").stdout
    assert "追回待批" in page
    assert "县级医保经办机构" in page
    assert "tuodi order new" in page
    (shown,) = json.loads(run(world, "tasks", "--json").stdout)["tasks"]
    assert (shown["order"]["kind"], shown["order"]["approval"], shown["closed"]) == ("recovery", OPEN, None)
    assert json.loads(run(world, "tasks", "--json", "--person", world.key("P2")).stdout) == {"tasks": []}


def test_the_book_of_orders_names_signers_document_and_outcome(world: OfficeWorld) -> None:
    world.stored()
    ordered = {
        "type": "office.ordered", "version": 1, "region": "520000", "person_key": world.key("P1"), "order_id": "O1",
        "kind": "fraud", "author": "U1", "second_signer": "U2", "document": "D1", "ordered_on": "2023-07-01",
        "setl_id": "S1",
    }  # fmt: skip
    answer = {"partition": 3, "offset": 7, "outcome": "applied", "person_key": world.key("P1"), "decision_ids": ["x"]}
    raw = json.dumps(ordered, separators=(",", ":")).encode()
    with Database(world.file) as database:
        for _ in range(2):
            row = Row(7, 1, world.key("P1").encode(), raw)
            database.take(Source("journal", 3), [row], WRITERS["journal"])
        outcome = Row(0, 1, b"k", json.dumps(answer).encode())
        database.take(Source("journal.answered", 3), [outcome], WRITERS["journal.answered"])
    assert run(world, "order", "list").stdout == ("O1  2023-07-01  fraud  已执行  经办 U1  复核 U2  依据 D1  单据 S1\n")
    (told,) = json.loads(run(world, "order", "list", "--json", "--officer", "U2").stdout)["orders"]
    assert (told["outcome"], told["decision_ids"]) == ("applied", ["x"])
    assert run(world, "order", "list", "--officer", "U3").stdout == "没有经办决定\n"


def test_an_approved_recognition_raises_what_the_identity_is_entitled_to(world: OfficeWorld) -> None:
    """The insurer's preference of a class goes up with the order, although the person has no bill."""
    enrolled = {"enrolment_id": "E1", "revision": 1, "insutype": "390", "registered_on": "2023-01-01"}
    enrolled |= {"county": world.county, "paid_on": "2023-01-01", "supplementary": False}  # type: ignore[dict-item]
    world.feed("enrolment.changed", "P2", **enrolled)
    world.application("P2", "class_recognition", identity="低保对象")
    ordered = {"order_id": "O1", "kind": "application", "application_id": "A1", "approval": "approved"}
    signed = {"author": "U1", "second_signer": "U2", "document": "D1", "ordered_on": "2023-07-01"}
    world.feed("office.ordered", "P2", **ordered, **signed)
    flags = [json.loads(each.value) for each in world.emitted if each.topic.endswith("entitlement.flagged.v1")]
    assert ("insurer_preference", True) in [(each["kind"], each["up"]) for each in flags]


def test_every_kind_of_task_has_a_command_that_only_wants_filling_in() -> None:
    from schemas.outputs.person import TaskKind
    from workers.office.facts import command

    for kind in TaskKind:
        shown = command("T1", kind, {})
        assert shown.startswith("tuodi order new T1 ")
        assert all(option in shown for option in ("--author", "--second-signer", "--document", "--ordered-on"))
        assert ("--psn-no" in shown) == (kind is not TaskKind.RECOVERIES)


def test_facts_of_a_task_are_told_in_words() -> None:
    from workers.office.facts import told

    assert told({"waits": "cancel", "deadline": "2023-12-19"}) == "在等 撤销等原结算单，等待期限 2023-12-19"
    assert f"（kept） {'a' * 12}，" in told({"kept": "1:" + "a" * 64, "rival": "1:" + "b" * 64})
    assert told({"asks": "tilt"}) == "申请事项 倾斜救助"
    assert told({"not_known_yet": 3}) == "not_known_yet 3"
    assert told({}) == "无"
