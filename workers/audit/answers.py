"""What an answer tells the window, against its record and the books: a clerk reads it, not the decision (A1).

Called once the decisions of the record are in the books, so that the bill stands there as the answer must tell it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workers.audit.account import Books
from workers.audit.decode import Answer, Decision


def faults(answer: Answer, body: Mapping[str, Any] | None, group: Sequence[Decision], books: Books) -> Iterator[str]:
    """What is wrong with an answer; `body` is its journal record, None where that cannot be read."""
    if body is not None and answer.person != body.get("person_key"):
        yield "answered for another person than the record is of"
    if answer.person is None:
        return
    if any(decision.person != answer.person for decision in group):
        yield "caused a decision for another person"
    if answer.bill is not None and answer.outcome != "forwarded":
        yield from _of_bill(answer, books)


def _of_bill(answer: Answer, books: Books) -> Iterator[str]:
    row = books.bills.get((str(answer.person), answer.bill)) if answer.bill is not None else None
    given = {} if row is None else {layer: amount for layer, amount in row.layers.items() if amount}
    if answer.layers is not None and {layer: amount for layer, amount in answer.layers.items() if amount} != given:
        yield f"answers {sum(answer.layers.values())} fen, the bill stands at {sum(given.values())}"
    if row is None:
        return
    if answer.decision_id not in (None, row.decision_id, row.twin):
        yield "answers with a decision that is not the last of the bill"
    if answer.payable is not None:
        ours = sum(given.values()) - sum(row.told.values())
        if sum(answer.payable.values()) != ours:
            yield f"answers {sum(answer.payable.values())} fen to be paid, {ours} are"
