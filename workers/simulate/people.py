"""Who lives in the county: one person as a function of (seed, index), before anything happens to them."""

from __future__ import annotations

from typing import NamedTuple

from workers.simulate import county
from workers.simulate.draws import MILLION, Draws
from workers.simulate.rates import IDENTITY_PPM, PPM, PREMIUM_ONLY_PPM

_IDENTITY_STEP, _CHRONIC_STEP = 0xC13FA9A902A6328F, 0x91E10DA5C79E7B1D  # 2^64 / p and 2^64 / p², p the plastic number
_MASK = (1 << 64) - 1
_LADDER: tuple[tuple[str, int], ...] = (*IDENTITY_PPM, *PREMIUM_ONLY_PPM)
_ASSISTED = frozenset(name for name, _ in IDENTITY_PPM)
_OTHERS_CHRONIC = (PPM["chronic"] * MILLION - PPM["assisted"] * PPM["chronic_assisted"]) // (MILLION - PPM["assisted"])
_OTHERS_EMPLOYEE = PPM["employee"] * MILLION // (MILLION - PPM["assisted"])


class Person(NamedTuple):
    number: int
    identity: str | None
    second: str | None
    assisted: bool
    employee: bool
    uninsured: bool
    age: int
    chronic: str | None  # disease code of a registered chronic disease
    expensive: bool
    described: bool


def _spread(seed: int, index: int, step: int) -> int:
    """Millionths, spread evenly over the persons of every prefix (an additive recurrence, R2 in two dimensions)."""
    return (((index + 1) * step + seed * 0xD1342543DE82EF95) & _MASK) * MILLION >> 64


def identity_of(seed: int, index: int) -> str | None:
    """First identity by systematic sampling: the shares of the table hold closely in every prefix of the county."""
    spread = _spread(seed, index, _IDENTITY_STEP)
    for name, ppm in _LADDER:
        spread -= ppm
        if spread < 0:
            return name
    return None


def person_of(seed: int, index: int, draws: Draws) -> Person:
    """The person with this index; `draws` must have begun with it."""
    identity = identity_of(seed, index)
    assisted = identity in _ASSISTED
    worker = identity in county.WORKERS
    second = None
    if assisted and identity in county.SECOND_IDENTITY and draws.chance(PPM["second_identity"]):
        second = county.SECOND_IDENTITY[identity]
    employee = draws.chance(900_000 if worker else _OTHERS_EMPLOYEE) and (worker or not assisted)
    return Person(
        number=index,
        identity=identity,
        second=second,
        assisted=assisted,
        employee=employee,
        uninsured=assisted and not employee and draws.chance(PPM["uninsured"]),
        age=_age(identity, employee, draws),
        chronic=_chronic(assisted, _spread(seed, index, _CHRONIC_STEP), draws),
        expensive=assisted and draws.chance(PPM["expensive"]),
        described=identity is not None or draws.chance(100_000),
    )


def _age(identity: str | None, employee: bool, draws: Draws) -> int:
    if identity in county.CHILDREN:
        return draws.between(1, 17)
    if employee:
        return draws.between(20, 80)
    if identity == "特困人员":
        return draws.between(60, 92)
    if identity == "二十世纪六十年代初精减退职老职工":
        return draws.between(82, 95)
    return draws.weighted(((draws.between(1, 17), 24), (draws.between(18, 59), 52), (draws.between(60, 92), 24)))


def _chronic(assisted: bool, spread: int, draws: Draws) -> str | None:
    if spread < (PPM["dialysis_assisted"] if assisted else PPM["dialysis_assisted"] // 10):
        return county.DIALYSIS
    if spread < (PPM["chronic_assisted"] if assisted else _OTHERS_CHRONIC):
        return draws.choice(county.TUMOURS) if draws.chance(40_000) else draws.choice(county.CHRONIC_DISEASES)
    return None
