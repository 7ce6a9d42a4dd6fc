"""Money back of a premium waits for an officer, task and all, and for the word on an adoption (ADR 6)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.oracles.compare import PROFILE
from tests.oracles.histories import Line, Writer
from workers.replay.run import replay_file
from workers.settings import Settings

WRITER = Writer(PROFILE["jieyang"], "1", "X")
IDENTITY = dict(source_id="I1.X", identity="孤儿", recognised_on="2022-10-01")
PAID = dict(coverage_year=2023, standard="350.00", insutype="390", kind="basic", county="445202", paid_on="2022-11-08")
GIVEN = [
    WRITER.event("identity.changed", revision=1, **IDENTITY),
    WRITER.event("premium.paid", payment_id="P1.X", revision=1, **PAID),
]
LOST = WRITER.event("identity.changed", revision=2, withdrawn=True, **IDENTITY)
AGAIN = WRITER.event("identity.changed", revision=3, **IDENTITY)


def replayed(tmp_path: Path, lines: list[Line], **limits: Any) -> dict[str, Any]:
    file = tmp_path / "lines.ndjson"
    file.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    found: dict[str, Any] = orjson.loads(replay_file(file, Settings(**limits)).model_dump_json())
    assert found["rejected"] == []
    return found


def premium(found: dict[str, Any]) -> dict[str, Any]:
    (person,) = found["persons"].values()
    shown: dict[str, Any] = person["premium"]["P1.X"]
    return shown


def tasks(found: dict[str, Any], state: str = "open") -> list[dict[str, Any]]:
    return [task for task in found["tasks"] if task["kind"] in ("recovery", "recoveries") and task["state"] == state]


def posted(found: dict[str, Any]) -> list[tuple[str, str, bool]]:
    return [(each["payee"], each["amount"], each["pending"]) for each in found["postings"]]


def order(found: dict[str, Any], approval: str) -> Line:
    (task,) = tasks(found)
    says = {"decision_id": task["facts"]["decision_id"], "approval": approval, "task_id": task["task_id"]}
    signed = {"author": "U1", "second_signer": "U2", "document": "D1", "ordered_on": "2023-07-01"}
    return WRITER.event("office.ordered", order_id=f"O-{approval}", kind="recovery", **says, **signed)


def test_a_premium_that_is_taken_back_waits_with_a_task(tmp_path: Path) -> None:
    found = replayed(tmp_path, [*GIVEN, LOST])
    assert posted(found) == [("person", "350.00", False), ("recovery", "-350.00", True)]
    assert premium(found)["recovery"] == {"pending": {"premium": "350.00"}}
    (task,) = tasks(found)
    assert task["facts"].items() >= {"amount": "350.00", "subject": "premium", "subject_id": "P1.X"}.items()


def test_what_comes_back_before_anybody_ruled_lapses(tmp_path: Path) -> None:
    found = replayed(tmp_path, [*GIVEN, LOST, AGAIN])
    assert posted(found)[2:] == [("recovery", "350.00", False)]
    assert "recovery" not in premium(found)
    assert (tasks(found), len(tasks(found, "closed"))) == ([], 1)


@pytest.mark.parametrize(
    ("approval", "payee"), [("approved", "person"), ("waived", "recovery"), ("refused", "recovery")]
)
def test_an_officers_word_ends_the_task_and_what_was_left_is_not_paid_twice(
    tmp_path: Path, approval: str, payee: str
) -> None:
    word = order(replayed(tmp_path, [*GIVEN, LOST]), approval)
    found = replayed(tmp_path, [*GIVEN, LOST, word])
    assert (tasks(found), premium(found)["recovery"]) == ([], {approval: {"premium": "350.00"}})
    found = replayed(tmp_path, [*GIVEN, LOST, word, AGAIN])
    assert posted(found)[-1] == (payee, "350.00", False)
    assert tasks(found) == []


def test_a_second_word_on_the_same_decision_has_no_effect(tmp_path: Path) -> None:
    lost = replayed(tmp_path, [*GIVEN, LOST])
    first, second = order(lost, "waived"), order(lost, "approved")
    del second["value"]["task_id"]
    found = replayed(tmp_path, [*GIVEN, LOST, first, second])
    assert premium(found)["recovery"] == {"waived": {"premium": "350.00"}}
    assert found["counts"]["outcome_no_effect"] == 1


def adopted(tmp_path: Path) -> Line:
    """A law under which orphans get no premium: the share is gone."""
    from workers.policy.adoption import SHIPPED, build_adoption

    books = tmp_path / "books"
    for name in ("2019-21.toml", "2019-21.txt"):
        (books / "jieyang").mkdir(parents=True, exist_ok=True)
        text = (SHIPPED / "jieyang" / name).read_text(encoding="utf-8")
        (books / "jieyang" / name).write_text(
            text.replace('kind = "basic"', 'kind = "supplementary"'), encoding="utf-8"
        )
    return {"topic": "rulebook.adopted", "value": {"body": build_adoption(books).decode()}}


def test_many_premiums_that_an_adoption_takes_back_wait_for_one_word(tmp_path: Path) -> None:
    shipped: Line = {"topic": "rulebook.adopted", "value": {"shipped": True}}
    lines = [shipped, *GIVEN, adopted(tmp_path)]
    found = replayed(tmp_path, lines, recovery_persons_max=0)
    (task,) = tasks(found)
    assert (task["kind"], task["facts"]["amount"]) == ("recoveries", "350.00")
    signed = {"author": "U1", "second_signer": "U2", "document": "D1", "ordered_on": "2023-07-01"}
    says = {"adoption": task["facts"]["adoption"], "approval": "waived", "order_id": "O-9", "kind": "recovery"}
    value = {"type": "office.ordered", "version": 1, "region": "440000", **says, **signed}
    word: Line = {"topic": "office.ordered", "key": "O-9", "value": value}
    assert premium(replayed(tmp_path, [*lines, word], recovery_persons_max=0))["recovery"] == {
        "waived": {"premium": "350.00"}
    }
    few = replayed(tmp_path, lines, recovery_persons_max=5)
    assert [task["kind"] for task in tasks(few)] == ["recovery"]
