"""All rates of the simulated county in one table. The generator draws from it, `docs/simulate.md` is rendered from it,
and a test counts the written lines and compares: what is stated is what is written (within 20 %).

`ppm` is events per million of the denominator. `per` and `counted` are counters of `tests.unit.simulate.counting`.
`people="assisted"`: measured in a file of assisted persons only (for shares of stays: they have more of them).
"""

from __future__ import annotations

from typing import NamedTuple

BULLETIN = "NHSA statistical bulletin 2023"
CHOICE = "assumption"


class Rate(NamedTuple):
    key: str
    ppm: int
    counted: str
    per: str
    why: str
    people: str = "all"


IDENTITY_PPM: tuple[tuple[str, int], ...] = (
    ("特困人员", 5_000),
    ("孤儿", 600),
    ("事实无人抚养未成年人", 600),
    ("低保对象", 32_000),
    ("脱贫不稳定人口", 3_500),
    ("边缘易致贫人口", 3_500),
    ("突发严重困难人口", 1_500),
    ("深度困难职工", 600),
    ("低保边缘家庭人口", 5_000),
    ("相对困难职工", 600),
    ("因病致贫重病患者", 1_500),
    ("意外致困职工", 600),
)
"""First identity of a person, in millionths of the county; the rest have none. Sum: the assisted."""

PREMIUM_ONLY_PPM: tuple[tuple[str, int], ...] = (
    ("二十世纪六十年代初精减退职老职工", 600),
    ("肇事肇祸的精神障碍患者", 600),
)
"""Identities that only carry a premium subsidy (QN-1.2c)."""

ASSISTED_PPM = sum(ppm for _, ppm in IDENTITY_PPM)

_LISTS = "lists come monthly and late (QN-1.1d); how often a line is missed is an assumption"
_RARE = f"{CHOICE}: rare in practice, frequent enough here to be exercised in a small run"

RATES: tuple[Rate, ...] = (
    # who
    Rate("assisted", ASSISTED_PPM, "persons_assisted", "persons", f"{CHOICE}: a few per cent; sum of the identities"),
    *(
        Rate(f"identity.{name}", ppm, f"first.{name}", "persons", f"{CHOICE}: proportions of a mountain county")
        for name, ppm in (*IDENTITY_PPM, *PREMIUM_ONLY_PPM)
    ),
    Rate("second_identity", 80_000, "persons_two_identities", "persons_assisted",
         f"{CHOICE}: destitute or allowance people who are also on the rural lists", "assisted"),
    Rate("employee", 120_000, "persons_employee", "persons",
         f"{CHOICE}: 27.8 % in the country ({BULLETIN}), far fewer in a rural county"),
    Rate("uninsured", 20_000, "persons_uninsured", "persons_assisted",
         f"{CHOICE}: the few recognised people who missed the collection window", "assisted"),
    Rate("described", 150_000, "persons_described", "persons",
         f"{CHOICE}: everybody on a list and one in ten of the others"),
    # identity lists
    Rate("recognised_in_year", 130_000, "recognised_in_year", "identity_rows",
         f"{CHOICE}: lists turn over by about an eighth a year", "assisted"),
    Rate("list_missed", 250_000, "recognised_late", "recognised_in_year", _LISTS, "assisted"),
    Rate("removed", 50_000, "removed_for_good", "identity_rows", f"{CHOICE}: yearly review", "assisted"),
    Rate("removed_late", 300_000, "removed_late", "removed_for_good", _LISTS, "assisted"),
    Rate("corrected", 50_000, "corrected", "identity_rows", _RARE, "assisted"),
    Rate("withdrawn", 15_000, "withdrawn", "identity_rows",
         "an identity can be revoked after it was effective (maker-checker flow of the core system); " + CHOICE,
         "assisted"),
    Rate("class_change", 30_000, "class_changed", "identity_rows",
         f"{CHOICE}: allowance to margin and back", "assisted"),
    Rate("stale", 100_000, "stale_revisions", "identity_revisions", _RARE, "assisted"),
    # use of care
    Rate("outpatient", 2_200_000, "bills_outpatient", "persons",
         f"{CHOICE}: visits that reach the insurance; out of scope here, but alerts and volume need them"),
    Rate("stay", 207_000, "bills_stay", "persons",
         f"{BULLETIN}: hospitalisation rate of residents 20.7 %, employees 21.86 %"),
    Rate("stay_assisted", 480_000, "bills_stay", "persons_assisted",
         f"{CHOICE}: the assisted are older and iller, about twice the county", "assisted"),
    Rate("chronic", 90_000, "persons_chronic", "persons", f"{CHOICE}: registered for chronic outpatient care"),
    Rate("chronic_assisted", 200_000, "persons_chronic", "persons_assisted", CHOICE, "assisted"),
    Rate("chronic_bills", 9_800_000, "bills_chronic_plain", "persons_chronic_plain",
         f"{CHOICE}: diabetes and hypertension, a prescription every five weeks", "assisted"),
    Rate("dialysis_assisted", 6_000, "persons_dialysis", "persons_assisted",
         f"{CHOICE}: about ten times the county, since the treatment impoverishes", "assisted"),
    Rate("dialysis_bills", 140_000_000, "bills_dialysis", "persons_dialysis",
         "three sessions a week, less admissions and absences", "assisted"),
    Rate("expensive", 10_000, "persons_over_50000", "persons_assisted",
         f"{CHOICE}: own in-scope payment of the year above 50,000, where the cap and tilt matter", "assisted"),
    Rate("tilt_application", 600_000, "persons_over_50000_tilt", "persons_over_50000",
         f"{CHOICE}: on application (QN-1.4a), and not everybody applies", "assisted"),
    Rate("application_withdrawn", 80_000, "requests_withdrawn", "requests", _RARE, "assisted"),
    # where and how
    Rate("emergency", 30_000, "stays_emergency", "bills_stay", CHOICE, "assisted"),
    Rate("non_designated", 20_000, "stays_non_designated", "bills_stay", CHOICE, "assisted"),
    Rate("out_of_province", 40_000, "stays_out_of_province", "bills_stay", f"{CHOICE}: migrant work", "assisted"),
    Rate("unreferred", 50_000, "stays_unreferred", "bills_stay", CHOICE, "assisted"),
    Rate("manual", 60_000, "stays_manual", "bills_stay", f"{CHOICE}: claims at the window (QN-4.2b)", "assisted"),
    # how messages go wrong
    Rate("late", 40_000, "bills_late", "bills", f"{CHOICE}: more than a day after the settlement"),
    Rate("duplicate", 10_000, "duplicates", "bills", f"{CHOICE}: blind retries after a time-out"),
    Rate("other_channel", 8_000, "other_channel", "bills", f"{CHOICE}: hospital and exchange report the same bill"),
    Rate("completion", 20_000, "completions", "bills_in_scope", f"{CHOICE}: insurance result stated later (QN-2.1b)"),
    Rate("conflict", 2_000, "conflicts", "bills", _RARE),
    Rate("cancel", 15_000, "cancelled_bills", "bills", f"{CHOICE}: 2208/2305, wrong item or wrong person type"),
    Rate("redo", 750_000, "redone_bills", "cancelled_bills",
         f"{CHOICE}: most cancels are followed by a new settlement"),
    Rate("cancel_first", 60_000, "cancels_first", "cancelled_bills", _RARE),
    Rate("reinstate", 60_000, "reinstated", "cancelled_bills",
         "a cancel can itself be reversed (2601 of a cancel); " + _RARE),
    Rate("sent_after_cancel", 50_000, "sent_after_cancel", "cancelled_bills", _RARE),
    Rate("cancel_without_bill", 1_000, "cancels_without_bill", "bills", _RARE),
    Rate("reversal", 5_000, "reversed_bills", "bills", f"{CHOICE}: 2601 after an unknown outcome"),
)  # fmt: skip

PPM: dict[str, int] = {rate.key: rate.ppm for rate in RATES}
