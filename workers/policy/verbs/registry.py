"""The verbs this engine executes: how each is compiled and told. A verb that is missing here is refused at load."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from workers.policy.case import Run
from workers.policy.say import Says
from workers.policy.verbs import admission, amounts, identity, top_up
from workers.policy.verbs.context import Context


class Verb(NamedTuple):
    """A verb of the engine. `compile` is None for rules that others read (rounding, grace, retro, funds)."""

    compile: Callable[[Any, Context], Run] | None
    says: Callable[[Any, Context], Says]


def _fixed(says: Says) -> Callable[[Any, Context], Says]:
    return lambda rule, context: says


_READ_BY_OTHERS = Verb(None, _fixed({}))

IMPLEMENTED: Mapping[str, Verb] = {
    "choose_identity": Verb(identity.compile_choose, _fixed(identity.SAYS)),
    "grace_month": _READ_BY_OTHERS,
    "retro_window": _READ_BY_OTHERS,
    "require": Verb(admission.compile_require, lambda rule, context: admission.require_says(rule)),
    "once_on_application": Verb(admission.compile_once, _fixed(admission.ONCE_SAYS)),
    "hold": Verb(admission.compile_hold, _fixed(admission.HOLD_SAYS)),
    "base_amount": Verb(amounts.compile_base, amounts.base_says),
    "subtract_deductible": Verb(amounts.compile_deductible, _fixed(amounts.DEDUCTIBLE_SAYS)),
    "cut_rate": Verb(amounts.compile_cut, _fixed(amounts.CUT_SAYS)),
    "single_rate": Verb(amounts.compile_rate, _fixed(amounts.RATE_SAYS)),
    "round": _READ_BY_OTHERS,
    "cap_year": Verb(amounts.compile_cap, _fixed(amounts.CAP_SAYS)),
    "top_up": Verb(top_up.compile_top_up, _fixed(top_up.SAYS)),
    "route_fund": _READ_BY_OTHERS,
}

ONE_OF_EACH = (
    "choose_identity", "base_amount", "subtract_deductible", "single_rate", "cap_year", "round", "route_fund",
)  # fmt: skip
"""Verbs that stand exactly once in a rulebook of ordinary assistance; twice would be two laws for one matter."""
AT_MOST_ONE = ("grace_month", "retro_window", "once_on_application", "cut_rate", "hold", "top_up")
ORDER = (
    "choose_identity", "once_on_application", "hold", "cut_rate", "base_amount", "subtract_deductible", "single_rate",
    "cap_year", "top_up",
)  # fmt: skip
"""The order in which these verbs must stand, because each reads what the one before it found."""
