"""Twenty seconds of damaged messages; the long run is `python -m bench.fuzz`. The damage is the same for one seed."""

from __future__ import annotations

from random import Random

from bench import fuzz
from bench.mutate import Mutator, places
from schemas.reasons import RejectReason
from workers.intake.verdict import Refused

SECONDS = 20.0
REASON = RejectReason.BAD_FIELD


def test_damaged_messages_end_as_events_or_one_typed_refusal() -> None:
    tally = fuzz.fuzz(20230506, SECONDS)
    assert tally.found is None, tally.found
    assert sum(tally.ends.values()) > 1_000
    assert tally.slowest_ms <= fuzz.CPU_MS_MAX
    assert {"taken", "not_json", "bad_field", "bad_amount", "bad_sum", "bad_date", "unknown_code"} <= tally.ends.keys()


def test_a_seed_makes_the_same_messages() -> None:
    values = [sample.value for sample in fuzz.samples()]
    made = [[mutator.message(number % 7) for number in range(50)] for mutator in _mutators(values)]
    assert made[0] == made[1]
    assert len(set(made[0])) > 40
    assert sum(1 for _ in places({"a": [1, {"b": 2}]})) == 4


def _mutators(values: list[dict[str, object]]) -> list[Mutator]:
    return [Mutator(Random(5), values, ["setl_id", "infno"]) for _ in range(2)]


def test_a_finding_is_told_with_what_repeats_it() -> None:
    assert fuzz._wrong("neither") == "ended as str"
    assert fuzz._wrong(Refused(REASON, "name_of_a_person")) == "a refusal tells a name of the message"
    assert fuzz._wrong(Refused(REASON, "setl_id", code="1234567")) == "a refusal tells more than a code"
    assert fuzz._wrong(Refused(REASON, "setl_id", code="7131")) is None
