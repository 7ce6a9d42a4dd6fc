"""The closed list of verbs: what the five measures say, each as one model. A verb outside this list is a load error.

Verbs of admission, identity, amount, layers, then of premiums, flags, warnings and funds. The engine refuses at load a
rulebook that uses a verb it cannot execute yet (`workers.policy.verbs.IMPLEMENTED`).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from workers.policy.verbs_admission import (
    ChooseIdentity,
    ChoosePool,
    ElsewhereOnApplication,
    Exclude,
    GraceMonth,
    Hold,
    NeedsPerson,
    OnceOnApplication,
    Require,
    RequireApplication,
    RequireMember,
    RetroWindow,
    StayInProgress,
)
from workers.policy.verbs_amounts import (
    BaseAmount,
    CapEvent,
    CapYear,
    CutRate,
    MarginalBands,
    Offset,
    ReportedLayer,
    RetroBenefit,
    Round,
    RunningClaim,
    SingleRate,
    SlabBands,
    SubtractDeductible,
    ThresholdShare,
    TopUp,
    YearlyAllowance,
)
from workers.policy.verbs_matters import (
    Announce,
    AssignRest,
    Extract,
    FundFigure,
    OfferGroup,
    Preference,
    Premium,
    Refer,
    RouteFund,
    Waiver,
    Warn,
    Watch,
)

AnyRule = Annotated[
    ChooseIdentity | ChoosePool | GraceMonth | RetroWindow | StayInProgress | RequireMember | RequireApplication
    | ElsewhereOnApplication | OnceOnApplication | Require | Exclude | Hold | NeedsPerson | BaseAmount | Offset
    | SubtractDeductible | CutRate | SingleRate | MarginalBands | SlabBands | CapEvent | CapYear | Round | TopUp
    | ThresholdShare | ReportedLayer | RunningClaim | RetroBenefit | YearlyAllowance | Premium | Waiver | Preference
    | Announce | Warn | Watch | Refer | OfferGroup | Extract | AssignRest | RouteFund | FundFigure,
    Field(discriminator="do"),
]  # fmt: skip
