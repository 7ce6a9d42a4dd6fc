"""How the steps of a rule are told: for each code a Chinese sentence, the names of its numbers, its options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

APPLIED, MET, NOT = "applied", "met", "not"


class Say(NamedTuple):
    """One code of a rule. `inputs` names the step's numbers in order; `kinds` says how each is shown.

    Kinds: `fen` (money, also "n/d" of a fen), `ratio` ("7/10" → 70%), `word` (as it is). The last `outputs` of the
    names are results. `effect` says whether the rule shaped the decision (APPLIED), was fulfilled and changed nothing
    (MET), or found nothing to do (NOT: then the sentence says why). `options` are option fields of the rule
    whose reading this step rests on.
    """

    text: str
    names: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    outputs: int = 0
    effect: str = APPLIED
    options: tuple[str, ...] = ()


Says = Mapping[str, Say]
