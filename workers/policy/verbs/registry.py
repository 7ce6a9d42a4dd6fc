"""The verbs this engine executes: how each is compiled and told. A verb that is missing here is refused at load."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from workers.policy.case import Run
from workers.policy.matters.plan import Plan
from workers.policy.say import Says
from workers.policy.verbs import (
    admission,
    allowance,
    amounts,
    assign_rest,
    caps,
    elsewhere,
    exclude,
    identity,
    member,
    needs_person,
    offer,
    pools,
    preference,
    premium,
    reported,
    retro,
    running_claim,
    threshold_share,
    top_up,
    waiver,
    warn,
    watch,
)
from workers.policy.verbs.context import Context


class Verb(NamedTuple):
    """A verb of the engine. `compile` is None for rules that others read (rounding, grace, retro, funds) and for those
    about other matters than a bill, which have a `plan`."""

    compile: Callable[[Any, Context], Run] | None
    says: Callable[[Any, Context], Says]
    plan: Callable[[Any, Context], Plan] | None = None


def _fixed(says: Says) -> Callable[[Any, Context], Says]:
    return lambda rule, context: says


_READ_BY_OTHERS = Verb(None, _fixed({}))

IMPLEMENTED: Mapping[str, Verb] = {
    "choose_identity": Verb(identity.compile_choose, _fixed(identity.SAYS)),
    "grace_month": _READ_BY_OTHERS,
    "retro_window": _READ_BY_OTHERS,
    "require": Verb(admission.compile_require, admission.require_says),
    "once_on_application": Verb(admission.compile_once, _fixed(admission.ONCE_SAYS)),
    "hold": Verb(admission.compile_hold, _fixed(admission.HOLD_SAYS)),
    "base_amount": Verb(amounts.compile_base, amounts.base_says),
    "subtract_deductible": Verb(amounts.compile_deductible, _fixed(amounts.DEDUCTIBLE_SAYS)),
    "cut_rate": Verb(amounts.compile_cut, _fixed(amounts.CUT_SAYS)),
    "single_rate": Verb(amounts.compile_rate, _fixed(amounts.RATE_SAYS)),
    "round": _READ_BY_OTHERS,
    "cap_year": Verb(caps.compile_cap, _fixed(caps.CAP_SAYS)),
    "choose_pool": Verb(pools.compile_pool, pools.pool_says),
    "stay_in_progress": _READ_BY_OTHERS,
    "require_member": Verb(member.compile_member, _fixed(member.SAYS)),
    "require_application": _READ_BY_OTHERS,
    "elsewhere_on_application": Verb(elsewhere.compile_elsewhere, _fixed(elsewhere.SAYS)),
    "threshold_share": Verb(threshold_share.compile_share, _fixed(threshold_share.SAYS)),
    "exclude": Verb(exclude.compile_exclude, lambda rule, context: exclude.exclude_says(rule)),
    "reported_layer": Verb(reported.compile_reported, _fixed(reported.SAYS)),
    "retro_benefit": Verb(retro.compile_retro, _fixed(retro.SAYS)),
    "running_claim": Verb(running_claim.compile_claim, lambda rule, context: running_claim.claim_says(rule)),
    "needs_person": Verb(needs_person.compile_needs_person, needs_person.needs_person_says),
    "top_up": Verb(top_up.compile_top_up, _fixed(top_up.SAYS)),
    "route_fund": _READ_BY_OTHERS,
    "premium": Verb(None, premium.premium_says, premium.plan_premium),
    "preference": Verb(None, _fixed({}), preference.plan_preference),
    "announce": Verb(None, _fixed({}), preference.plan_announce),
    "waiver": Verb(None, _fixed({}), waiver.plan_waiver),
    "warn": Verb(None, _fixed({}), warn.plan_warn),
    "refer": Verb(None, _fixed({}), warn.plan_refer),
    "offer_group": Verb(None, _fixed({}), offer.plan_offer),
    "watch": Verb(None, _fixed({}), watch.plan_watch),
    "yearly_allowance": Verb(None, _fixed(allowance.SAYS), allowance.plan_allowance),
    "assign_rest": Verb(None, assign_rest.rest_says, assign_rest.plan_assign_rest),
    "extract": Verb(None, _fixed({}), offer.plan_extract),
}

ONE_OF_EACH = ("choose_identity", "base_amount", "round")
"""Verbs that stand exactly once in a rulebook; twice would be two laws for one matter."""
ORDINARY = (("single_rate", "cap_year"), ("reported_layer",))
"""How the ordinary layer is decided: by rate and limit, or as another policy paid it. One of the two."""
AT_MOST_ONE = (
    "grace_month", "retro_window", "stay_in_progress", "choose_pool", "require_member", "once_on_application",
    "require_application", "elsewhere_on_application", "threshold_share", "retro_benefit",
    "cut_rate", "hold", "subtract_deductible", "top_up", "running_claim",
)  # fmt: skip
ORDER = (
    "choose_identity", "choose_pool", "once_on_application", "hold", "cut_rate", "base_amount", "subtract_deductible",
    "single_rate", "cap_year", "reported_layer", "top_up", "retro_benefit", "running_claim", "threshold_share",
)  # fmt: skip
"""The order in which these verbs must stand, because each reads what the one before it found."""
