"""The national envelope over HTTP: the interfaces of the platform, each by the window's own ways.

What a body says is read by the same room that reads it from a feed (`workers.intake.national`). A request may carry
what basic insurance answered as `output`, as the feed does, or inside `input` as `setlinfo`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from schemas.http.problem import ProblemType
from schemas.http.settlement import OnItsWay, SettlementAnswer
from schemas.http.trial import TrialAnswer
from schemas.reasons import RejectReason
from workers.errors import Stop
from workers.gateway.caller import Caller, check_own
from workers.gateway.envelope import Envelope, done, not_done, pending
from workers.gateway.judged import FINAL, refusal
from workers.gateway.national_form import as_settled, cumulated, raw_of, settled, with_output
from workers.gateway.problems import ProblemError
from workers.gateway.told import Told
from workers.gateway.window import Window
from workers.intake.national.codes import profile_of
from workers.intake.national.sheet import Sheet, spread
from workers.intake.national.wrong import Refusal
from workers.intake.shape import NotJson, object_of
from workers.intake.verdict import Refused
from workers.journal.pii import value_holds_person_data

CUMULATED: Final = "5206"

Answer = Callable[[Envelope, Sheet, Caller], Awaitable[Told]]


class National:
    """Answers one envelope. A refusal is an envelope too (infcode -1); only what is no JSON object is a problem."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._by_kind: dict[str, Answer] = {
            "trial": self._trial,
            "final": self._settle,
            "cancel": self._undo,
            "reverse": self._undo,
            "record": self._query,
            "cumulated": self._cumulated,
        }

    async def answer(self, raw: bytes, caller: Caller) -> Told:
        """The answering envelope."""
        try:
            decoded = object_of(raw)
        except NotJson:
            raise ProblemError(ProblemType.NOT_JSON) from None
        envelope = Envelope(raw, decoded, self._window.clock_ms())
        try:
            return await self._answered(envelope, caller)
        except Refusal as found:
            wrong = found.wrong
            error = refusal(Refused(wrong.reason, wrong.field, "national", wrong.code, wrong.check))
        except ProblemError as problem:
            error = problem
        return not_done(envelope, error, self._window.clock_ms())

    async def _answered(self, envelope: Envelope, caller: Caller) -> Told:
        if value_holds_person_data(envelope.raw, envelope.decoded):
            raise refusal(Refused(RejectReason.PERSONAL_DATA))
        vocabulary = self._window.national.vocabulary
        number = envelope.number or ""
        kind = "cumulated" if number == CUMULATED else vocabulary.interfaces.get(number, "")
        answer = self._by_kind.get(kind)
        if answer is None:
            raise Refusal(RejectReason.UNKNOWN_TYPE, "infno")
        stated = envelope.decoded.get("fixmedins_code")
        check_own(caller, stated if isinstance(stated, str) else None)
        return await answer(envelope, spread(envelope.raw, vocabulary), caller)

    async def _settle(self, envelope: Envelope, sheet: Sheet, caller: Caller) -> Told:
        event = self._window.judged(raw_of(with_output(envelope)), caller, FINAL)
        return self._told(envelope, await self._window.settle(event, caller), sheet)

    async def _undo(self, envelope: Envelope, sheet: Sheet, caller: Caller) -> Told:
        event = self._window.judged(envelope.raw, caller, "settlement.cancel", "settlement.reverse")
        return self._told(envelope, await self._window.undo(event, caller), sheet)

    async def _trial(self, envelope: Envelope, sheet: Sheet, caller: Caller) -> Told:
        event = self._window.judged(raw_of(as_settled(envelope, sheet)), caller, FINAL)
        return self._told(envelope, await self._window.trial(event, caller), sheet)

    async def _query(self, envelope: Envelope, sheet: Sheet, caller: Caller) -> Told:
        profile = profile_of(self._window.national, sheet)
        told = await self._window.query(profile.platform, sheet.needed("setl_id"), caller)
        return self._told(envelope, told, sheet)

    async def _cumulated(self, envelope: Envelope, sheet: Sheet, caller: Caller) -> Told:
        profile = profile_of(self._window.national, sheet)
        psn_no, year = sheet.needed("psn_no"), _year(envelope, sheet)
        found = await self._window.person_year(profile.platform, psn_no, year, caller)
        return done(envelope, cumulated(found, sheet), self._window.clock_ms())

    def _told(self, envelope: Envelope, told: Told, sheet: Sheet) -> Told:
        now_ms = self._window.clock_ms()
        if isinstance(told.body, OnItsWay):
            return pending(envelope, told, now_ms)
        if not isinstance(told.body, SettlementAnswer | TrialAnswer):
            raise Stop("the window answered a settlement with something else: a defect of workers.gateway.window")
        return done(envelope, settled(told.body, sheet), now_ms)


def _year(envelope: Envelope, sheet: Sheet) -> int:
    """The benefit year: stated as `year`, else the month's (`cum_ym`), else that of the message."""
    asked = envelope.decoded.get("input")
    data = asked.get("data", asked) if isinstance(asked, dict) else {}
    month = data.get("cum_ym") if isinstance(data, dict) else None
    stated = sheet.text("benefit_year") or (month if isinstance(month, str) else None) or sheet.text("sent") or ""
    if not (stated[:4].isdigit() and stated[:4].isascii() and 2000 <= int(stated[:4]) <= 2199):
        raise Refusal(RejectReason.BAD_FIELD, "year")
    return int(stated[:4])
