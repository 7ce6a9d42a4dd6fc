"""What would otherwise be done at the first request, while a clerk waits: validators compiled, contract drawn up."""

from __future__ import annotations

from schemas.http.national import NationalAnswer
from schemas.http.openapi import document
from schemas.http.person_year import PersonYearAnswer, PersonYearRequest
from schemas.http.settlement import OnItsWay, SettlementAnswer
from schemas.http.trial import TrialAnswer
from workers.gateway.judged import FEED
from workers.intake.plans import plan_of

SPOKEN = ("settlement.final", "settlement.cancel", "settlement.reverse", "settlement.reinstate")
MODELS = (SettlementAnswer, OnItsWay, TrialAnswer, PersonYearRequest, PersonYearAnswer, NationalAnswer)


def warm_up() -> None:
    """Takes about a third of a second, before the first caller is let in."""
    for type_ in SPOKEN:
        plan_of(FEED, type_, 1)
    for model in MODELS:
        model.model_rebuild()
    document()
