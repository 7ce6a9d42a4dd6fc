"""What the insurances make of a total: the split of a bill, exact to the fen.

The identities hold by construction and are asserted:
    I1  total = in_scope + class_b_first_pay + over_limit_price_pay + out_of_scope
    I2  fund_total = sum of the insurers' payments
    I3  total = fund_total + person_total + hospital_share
    I4  person_total = account_pay + cash_pay
and in_scope_personal = in_scope − insurers' payments ≥ 0.
"""

from __future__ import annotations

from typing import NamedTuple

from workers.simulate.county import CHRONIC, EMERGENCY, INPATIENT, OUTPATIENT, Place
from workers.simulate.draws import Draws

CRITICAL_ILLNESS_FROM_FEN = (
    700_000  # yearly own payment above which major-illness insurance begins (assumed 7,000 yuan)
)
POOL_CAP_FEN = 25_000_000

_OUT_OF_SCOPE = {INPATIENT: (30, 130), EMERGENCY: (50, 200), CHRONIC: (0, 60), OUTPATIENT: (40, 250)}
_CLASS_B = {INPATIENT: (20, 90), EMERGENCY: (20, 90), CHRONIC: (10, 70), OUTPATIENT: (0, 60)}


class Split(NamedTuple):
    total: int
    in_scope: int
    class_b: int
    over_limit: int
    out_of_scope: int
    pool: int
    critical: int
    large: int
    civil_servant: int
    personal: int  # in-scope personal payment
    account: int

    @property
    def fund_total(self) -> int:
        return self.pool + self.critical + self.large + self.civil_servant

    @property
    def person_total(self) -> int:
        return self.total - self.fund_total

    def check(self) -> Split:
        """Assert the identities; a simulator that breaks them teaches the wrong thing."""
        if self.total != self.in_scope + self.class_b + self.over_limit + self.out_of_scope:
            raise AssertionError("I1 is broken")
        if self.personal != self.in_scope - self.fund_total or self.personal < 0:
            raise AssertionError("in-scope personal payment is broken")
        if not 0 <= self.account <= self.person_total:
            raise AssertionError("I4 is broken")
        return self


class Insurance:
    """The insurances of one person over the year: what they have paid decides what they pay next."""

    def __init__(self, employee: bool, civil_servant: bool) -> None:
        self.employee = employee
        self.civil_servant = civil_servant
        self._pool_paid = 0
        self._own = 0
        self._account = 150_000 if employee else 0

    def settle(self, draws: Draws, total: int, care_type: str, place: Place, insured: bool) -> Split:
        """Split a total of this many fen."""
        out_of_scope = total * draws.between(*_OUT_OF_SCOPE[care_type]) // 1000
        class_b = total * draws.between(*_CLASS_B[care_type]) // 1000
        over_limit = total * draws.between(1, 25) // 1000 if draws.chance(250_000) else 0
        in_scope = total - out_of_scope - class_b - over_limit
        pool = self._pool(in_scope, care_type, place) if insured else 0
        critical, large = self._critical(in_scope - pool) if insured else (0, 0)
        rest = in_scope - pool - critical - large
        civil_servant = rest * 3 // 10 if insured and self.civil_servant else 0
        personal = rest - civil_servant
        account = min(self._account, (total - in_scope + personal) // 2)
        self._account -= account
        return Split(
            total, in_scope, class_b, over_limit, out_of_scope, pool, critical, large, civil_servant, personal, account
        ).check()

    def _pool(self, in_scope: int, care_type: str, place: Place) -> int:
        if care_type in (INPATIENT, EMERGENCY):
            base = max(0, in_scope - place.deductible_fen)
            ratio = place.ratio_employee if self.employee else place.ratio_resident
        else:
            base, ratio = in_scope, 70 if self.employee else 60 if care_type == CHRONIC else 45
        paid = min(base * ratio // 100, POOL_CAP_FEN - self._pool_paid)
        self._pool_paid += paid
        return paid

    def _critical(self, own: int) -> tuple[int, int]:
        before, after = self._own, self._own + own
        self._own = after
        above = max(0, after - max(before, CRITICAL_ILLNESS_FROM_FEN))
        return (0, above * 7 // 10) if self.employee else (above * 6 // 10, 0)
