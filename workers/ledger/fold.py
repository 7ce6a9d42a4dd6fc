"""The ledger's `Fold`: one journal record in, its effect on a person or the partition, and exactly one answer out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from workers.entitlement.advance import (
    SAID_OF_THIS,
    advance,
    close_year_of,
    end_of_day,
    look_after,
    resettle,
    rule_recoveries,
)
from workers.entitlement.alias import ALIAS, Alias
from workers.entitlement.outcome import Outcome
from workers.entitlement.records import Arrival, PersonRecord, SaidOf
from workers.errors import Stop
from workers.ledger import city, sweeps
from workers.ledger.adoption import Adoptions, Loader
from workers.ledger.bulk import Bulk
from workers.ledger.cause import Cause
from workers.ledger.counts import Counts, Tally
from workers.ledger.days import BusinessDay, Deadlines
from workers.ledger.decode import Decoded, arrival_of, decode
from workers.ledger.forward import Via, forwarded, is_return, moved, next_key, via_of
from workers.ledger.modes import RegionModes
from workers.ledger.outputs import Publisher, Receipt
from workers.ledger.outside import OutsideFigures
from workers.ledger.years import Years
from workers.log.port import Record
from workers.policy.adoption import load_adoption
from workers.runtime.port import Emit, View
from workers.settings import Settings


class LedgerFold:
    """The fold of one journal partition. All it knows beside the view is derived from the view."""

    def __init__(self, partition: int, settings: Settings, load: Loader) -> None:
        self._partition = partition
        self._decoded: dict[int, Decoded] = {}
        """What `ahead` has read, by offset."""
        self._settings = settings
        self._publisher = Publisher(settings)
        self._adoptions = Adoptions(load)
        self._days = BusinessDay()
        self._deadlines = Deadlines()
        self._tally = Tally()
        self._bulk = Bulk(settings, self._publisher)
        self._years = Years(settings, self._publisher)
        self._figures = OutsideFigures(settings, self._publisher, self._adoptions)
        self._modes = RegionModes(settings, self._publisher)
        self._partition_records: dict[str, Callable[[Any, Cause, View, Emit], Outcome]] = {
            "journal.opened": self._opened,
            "day.closed": self._day_closed,
            "day.sliced": self._day_sliced,
            "rulebook.adopted": self._rulebook_adopted,
            "sweep.sliced": self._sweep_sliced,
            "sweep.counted": self._bulk.counted,
            "recoveries.ruled": self._recoveries_ruled,
            "office.ordered": self._ordered,
            "year.closed": self._year_closed,
            "mode.switched": self._mode_switched,
            "identity.snapshot_closed": self._list_closed,
        }

    def restored(self, view: View) -> None:
        """Derive the deadlines and load the law; `Stop` where the state cannot be used."""
        self._deadlines.restore(view)
        self._adoptions.standing(view)

    def ahead(self, records: Sequence[Record]) -> None:
        """Decode what comes next; `Stop` where one of them cannot be read."""
        self._decoded = {record.offset: decode(record) for record in records}

    def process(self, record: Record, stamp_ms: int, view: View, emit: Emit) -> None:
        """Fold one record; raises only `Stop`."""
        if record.partition != self._partition:
            raise Stop(f"the fold of partition {self._partition} was given a record of partition {record.partition}")
        decoded = self._decoded.pop(record.offset, None) or decode(record)
        cause = Cause.of(record, decoded.type, decoded.headers, stamp_ms)
        if decoded.person_key is not None:
            outcome = self._person(record, decoded, arrival_of(record, decoded.headers, stamp_ms), cause, view, emit)
        else:
            handler = self._partition_records.get(decoded.type)
            # an order about a county, a fund report: nothing of a ledger changes
            outcome = Outcome("no_effect") if handler is None else handler(decoded.model, cause, view, emit)
        self._publisher.answer(emit, cause, decoded.person_key, outcome)
        self._tally.answered(outcome.code)
        if outcome.warned is not None:
            self._tally.warned(outcome.warned)

    def committed(self) -> None:
        self._deadlines.committed()
        self._tally.committed()

    def dropped(self) -> None:
        self._decoded.clear()
        self._deadlines.dropped()
        self._tally.dropped()

    def take_counts(self) -> Counts:
        """Counts of what was committed since the last call, for metrics."""
        return self._tally.take()

    def _person(
        self, record: Record, decoded: Decoded, arrival: Arrival, cause: Cause, view: View, emit: Emit
    ) -> Outcome:
        key, person = str(decoded.person_key), decoded.person
        if person is None:
            raise Stop(
                f"journal record of type {decoded.type} is about a person, yet nothing reads it: start a newer one"
            )
        packed = view.group(key)
        alias, said_of = packed.get(ALIAS), SAID_OF_THIS
        if alias is not None:
            via = via_of(decoded.headers)
            found = self._transferred(Alias.unpack(alias), via, record, person, arrival, cause, emit)
            if found is None:
                return Outcome("forwarded")
            said_of = found
        standing = self._adoptions.standing(view)
        open_day = self._days.open_day(view)
        outcome = advance(key, packed, person, standing.in_force, arrival, self._settings, open_day, said_of)
        for number, move in enumerate(outcome.moves):
            self._publisher.moved(emit, cause, move.to_key, *moved(move, cause, number))
        self._publish(key, outcome, standing.receipt, cause, emit)
        return outcome

    def _transferred(
        self, alias: Alias, via: Via, record: Record, person: PersonRecord, arrival: Arrival, cause: Cause, emit: Emit
    ) -> SaidOf | None:
        """A record of a key that a transfer has touched: of whom it was said, or None where it was sent on."""
        own = (record.key or b"").decode()
        to_key = next_key(alias, person, via)
        if to_key is None:
            return SaidOf(via[0] if via and via[0] != own else None, again=is_return(alias, via))
        passed = () if alias.to is None else (*via, own)
        self._publisher.moved(emit, cause, to_key, *forwarded(record, cause, to_key, passed, arrival))
        return None

    def _publish(self, person_key: str, outcome: Outcome, receipt: Receipt, cause: Cause, emit: Emit) -> None:
        if outcome.deadlines_changed:
            self._deadlines.note(person_key, outcome.next_deadline)
        self._publisher.outcome(emit, cause, person_key, outcome, receipt)
        self._tally.decided(outcome)

    def _opened(self, model: Any, cause: Cause, view: View, emit: Emit) -> Outcome:
        return Outcome("applied")

    def _ordered(self, model: Any, cause: Cause, view: View, emit: Emit) -> Outcome:
        """An order about no person: a year closes, a region changes its mode, the word on an adoption's money back."""
        if model.kind in ("figures", "county_list"):
            return self._figures.ordered(model, cause, view, emit)
        if model.kind == "year_closed":
            return self._years.ordered(model, self._days.open_day(view), cause, view, emit)
        if model.kind == "region_mode":
            return self._modes.ordered(model, self._days.open_day(view), cause, view, emit)
        return self._bulk.ordered(model, cause, view, emit)

    def _mode_switched(self, model: Any, cause: Cause, view: View, emit: Emit) -> Outcome:
        def look(person_key: str) -> Outcome:
            standing, packed = self._adoptions.standing(view), view.group(person_key)
            open_day = self._days.open_day(view)
            outcome = look_after(person_key, packed, model.region, standing.in_force, self._settings, open_day)
            self._publish(person_key, outcome, standing.receipt, cause, emit)
            return outcome

        return self._modes.switched(model, view, emit, cause, look)

    def _year_closed(self, model: Any, cause: Cause, view: View, emit: Emit) -> Outcome:
        def close_one(person_key: str) -> Outcome:
            return close_year_of(person_key, view.group(person_key), model.region, model.year, self._settings)

        return self._years.closed(model, view, emit, cause, close_one)

    def _day_closed(self, model: Any, cause: Cause, view: View, emit: Emit) -> Outcome:
        if not self._days.close(view, model.date):
            return Outcome("repeat")
        if self._partition == 0:
            standing = self._adoptions.standing(view)
            for raised in city.close(view, model.date, standing.in_force):
                self._publisher.alert(emit, cause, None, raised)
        return self._day_slice(model.date.isoformat(), "", cause, view, emit)

    def _list_closed(self, model: Any, cause: Cause, view: View, emit: Emit) -> Outcome:
        return Outcome("applied" if city.note_list(view, model) else "repeat")

    def _day_sliced(self, model: Any, cause: Cause, view: View, emit: Emit) -> Outcome:
        return self._day_slice(model.date.isoformat(), model.after_key, cause, view, emit)

    def _day_slice(self, day: str, after_key: str, cause: Cause, view: View, emit: Emit) -> Outcome:
        """Work on the persons due; who is behind the slice follows in a record of its own."""
        standing = self._adoptions.standing(view)
        due = self._deadlines.due(day, after_key)
        now = due[: self._settings.slice_persons_max]
        for person_key in now:
            outcome = end_of_day(person_key, view.group(person_key), day, self._settings, standing.in_force)
            self._publish(person_key, outcome, standing.receipt, cause, emit)
        if len(due) > len(now):
            self._publisher.derived(emit, cause, "day.sliced", {"date": day, "after_key": now[-1]})
        return Outcome("applied")

    def _rulebook_adopted(self, model: Any, cause: Cause, view: View, emit: Emit) -> Outcome:
        hash_ = "sha256:" + model.hash.removeprefix("sha256:")
        if model.base not in (None, self._adoptions.standing(view).hash):
            return Outcome("stale")  # another law came in between; partition 0 says the figures again on top of it
        if not self._adoptions.adopt(view, hash_, model.instrument, model.body.encode()):
            return Outcome("repeat")
        self._publisher.derived(emit, cause, "sweep.sliced", sweeps.begin(view, hash_, self._number(view)))
        if self._partition == 0:
            self._figures.adopted(hash_, model.base, cause, view, emit)
        return Outcome("applied")

    def _sweep_sliced(self, model: Any, cause: Cause, view: View, emit: Emit) -> Outcome:
        standing = self._adoptions.standing(view)
        if not sweeps.expected(view, model.adoption, model.after_key):
            return Outcome("stale")
        if model.adoption != standing.hash:
            sweeps.abandon(view, model.adoption, model.after_key)
            self._bulk.swept(emit, cause, model.adoption, sweeps.swept(view, model.adoption))
            return Outcome("no_effect")

        def resettle_one(person_key: str) -> Outcome:
            packed, open_day = view.group(person_key), self._days.open_day(view)
            outcome = resettle(person_key, packed, standing.in_force, self._settings, open_day)
            self._publish(person_key, outcome, standing.receipt, cause, emit)
            return outcome

        persons_max = self._settings.slice_persons_max
        following = sweeps.work(view, model.adoption, model.after_key, persons_max, resettle_one)
        if following is not None:
            self._publisher.derived(emit, cause, "sweep.sliced", following)
        else:
            self._bulk.swept(emit, cause, model.adoption, sweeps.swept(view, model.adoption))
        return Outcome("applied")

    def _recoveries_ruled(self, model: Any, cause: Cause, view: View, emit: Emit) -> Outcome:
        standing, number = self._adoptions.standing(view), sweeps.swept(view, model.adoption).number

        def rule_one(person_key: str) -> Outcome:
            outcome = rule_recoveries(person_key, view.group(person_key), number, model.approval, self._settings)
            self._publish(person_key, outcome, standing.receipt, cause, emit)
            return outcome

        return self._bulk.ruled(model, view, emit, cause, rule_one)

    def _number(self, view: View) -> int:
        in_force = self._adoptions.standing(view).in_force
        return 0 if in_force is None else in_force.number


def make_fold(partition: int, settings: Settings, load: Loader = load_adoption) -> LedgerFold:
    """The fold of one journal partition; `load` reads the canonical bytes of adoptions."""
    return LedgerFold(partition, settings, load)
