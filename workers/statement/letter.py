"""The statement as data: what a person reads of one year, before it becomes a page. Pure and deterministic.

No clock: "as of" is the newest decision. Amounts are yuan texts. Nothing here names a person: the system knows no name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any, NamedTuple

from schemas.money import fen_of, text_of
from schemas.outputs.explained import ExplainedDecision
from workers.pages.words import LAYERS
from workers.statement.plain import articles, plain, why

CHINA = timezone(timedelta(hours=8))
STAMP_MIN = 946_684_800_000
"""Stamps below (before 2000) are line numbers of a replayed file, not times."""

CAUSES = {
    "settlement.final": "收到了新的结算信息",
    "settlement.cancel": "您的另一张结算单被医院撤销",
    "settlement.reverse": "您的另一张结算单被医院冲正",
    "settlement.reinstate": "您的另一张结算单恢复",
    "identity.changed": "您的身份信息有变化",
    "application.filed": "收到了您的申请",
    "enrolment.changed": "您的参保信息有变化",
    "premium.paid": "您的缴费信息有变化",
    "person.described": "您的个人情况信息有变化",
    "office.ordered": "经办机构作了决定",
    "sweep.sliced": "启用了新的救助规定，全部重新计算",
    "day.closed": "规定的日期到了",
}
OWN_CAUSES = {
    "settlement.cancel": "医院撤销了这张结算单",
    "settlement.reverse": "医院冲正了这张结算单",
    "settlement.reinstate": "医院撤回了撤销，这张结算单恢复",
}
"""A bill that is taken back or comes back is the one that the record speaks of; any other is only touched by it."""

OTHER_CAUSE = "所依据的资料有变化"
CHANGED_STEPS_MAX = 2


class Contact(NamedTuple):
    """Whom to ask."""

    name: str
    phone: str = ""
    address: str = ""


class Change(NamedTuple):
    """Why a result changed: when and because of what, what became of it, and the steps that differ."""

    because: str
    became: str
    steps: tuple[tuple[str, str], ...]


class Item(NamedTuple):
    """One bill, or another matter such as a premium subsidy."""

    title: str
    day: str
    own: str  # empty where the bill is taken back or waits
    assisted: str
    rest: str
    layers: tuple[tuple[str, str], ...]
    why: tuple[str, ...]
    based_on: str
    paid: tuple[str, ...]
    changes: tuple[Change, ...]


class Told(NamedTuple):
    """What is told at once: one bill, or several without assistance of which the very same is to be said."""

    items: tuple[Item, ...]

    @property
    def item(self) -> Item:
        return self.items[0]


class Waiting(NamedTuple):
    """A bill that nothing is decided of yet."""

    number: str
    reason: str


class Statement(NamedTuple):
    """The whole page."""

    person_key: str
    year: int
    county: str
    as_of: str
    assisted: str
    own: str
    give_back: str
    items: tuple[Item, ...]
    waiting: tuple[Waiting, ...]
    contact: Contact

    @property
    def told(self) -> tuple[Told, ...]:
        """The items as they are told, each at the place of its first."""
        groups: dict[Item | int, list[Item]] = {}
        for number, item in enumerate(self.items):
            nothing = item.assisted == "0.00" and item.own != "" and item.title.startswith("结算单 ")
            same = nothing and not item.changes and not item.paid
            groups.setdefault(item._replace(title="", day="", own="", rest="") if same else number, []).append(item)
        return tuple(Told(tuple(items)) for items in groups.values())


History = Sequence[ExplainedDecision]
"""All decisions of one bill or matter, oldest first; each with its difference to the one before."""


def statement(
    person_key: str, year: int, histories: Sequence[History], waiting: Sequence[Waiting],
    contacts: Mapping[str, Contact],
) -> Statement:  # fmt: skip
    """The statement of the matters whose newest decision belongs to the year, in the order of their days."""
    mine = sorted((each for each in histories if each and each[-1].year == year), key=_order)
    newest = max((told for each in mine for told in each), key=lambda told: told.sequence, default=None)
    county = newest.county if newest is not None else ""
    items = tuple(_item(each) for each in mine)
    back = sum(_to_payee(each, "recovery") for each in mine)
    return Statement(
        person_key=person_key,
        year=year,
        county=county,
        as_of="" if newest is None else _day(newest.receipt.cause.stamp),
        assisted=_sum(item.assisted for item in items),
        own=_sum(item.rest for item in items if item.rest),
        give_back=text_of(max(0, -back)),
        items=items,
        waiting=tuple(sorted(waiting)),
        contact=contacts.get(county)
        or Contact(f"参保地医疗保障经办机构（区划 {county}）" if county else "参保地医疗保障经办机构"),
    )


def _order(history: History) -> tuple[Any, ...]:
    last = history[-1]
    return last.benefit_date, last.bill.setl_id if last.bill else "", last.decision_id


def _sum(texts: Any) -> str:
    return text_of(sum(fen_of(text) for text in texts))


def _item(history: History) -> Item:
    last = history[-1]
    paid = sum(last.layers.values())
    known = last.status == "decided"  # of any other bill it is not known, or no longer asked, what is owed
    own = last.figures.base + last.figures.excluded
    return Item(
        title=f"结算单 {last.bill.setl_id}"
        if last.bill
        else SUBJECTS.get(str(last.subject and last.subject.kind), "其他待遇"),
        day=f"{last.benefit_date.year}年{last.benefit_date.month}月{last.benefit_date.day}日",
        own=text_of(own) if known else "",
        assisted=text_of(paid),
        rest=text_of(max(0, own - paid - _beyond(last))) if known else "",
        layers=tuple((LAYERS.get(name, name), text_of(fen)) for name, fen in last.layers.items() if fen),
        why=tuple(why(last)),
        based_on=articles(last),
        paid=tuple(_paid(history)),
        changes=tuple(_change(before, after) for before, after in pairwise(history)),
    )


SUBJECTS = {"premium": "参保缴费资助", "recognition": "新认定的追溯救助", "year": "年度救助", "checkup": "健康体检"}


def _to_payee(history: History, payee: str) -> int:
    return sum(posting.amount for told in history for posting in told.postings if posting.payee == payee)


def _beyond(told: ExplainedDecision) -> int:
    """What the platform paid above the law, fen."""
    return 0 if told.paid_upstream is None else told.paid_upstream.beyond


def _paid(history: History) -> list[str]:
    """Where the money went, over all decisions."""
    hospital, person, back = (_to_payee(history, payee) for payee in ("hospital", "person", "recovery"))
    lines = []
    if history[-1].mode is not None:
        lines.append("您所在地区正在试运行，以上是核对用的结果，不作为支付的依据；您的救助仍由医保平台结算。")
    if history[-1].paid_upstream is not None and history[-1].paid_upstream.counted:
        lines.append(f"医保平台结算时已经救助{text_of(history[-1].paid_upstream.counted)}元，这里不重复支付。")
    if _beyond(history[-1]):
        lines.append(
            f"医保平台结算时救助的金额比按规定计算的多{text_of(_beyond(history[-1]))}元，您不用因此退钱，经办机构会核实。"
        )
    if hospital:
        lines.append(f"医院结算时已经直接减免{text_of(hospital)}元，您不用再交。")
    if person:
        lines.append(f"付给您{text_of(person)}元。")
    if back < 0:
        lines.append(f"需要退回{text_of(-back)}元：经办机构审核后会另行通知您，在此之前请不要自行退款。")
    return lines


def _change(before: ExplainedDecision, after: ExplainedDecision) -> Change:
    steps = []
    for each in after.difference.steps if after.difference is not None else ():
        was, now = (None if step is None else plain(step) for step in (each.was, each.now))
        if was and now and was != now:
            steps.append((was, now))
    cause, own = after.receipt.cause.type, "reversed" in (before.status, after.status)
    day = _day(after.receipt.cause.stamp)
    said = (own and OWN_CAUSES.get(cause)) or CAUSES.get(cause, OTHER_CAUSE)
    was, now = _result(before), _result(after)
    if was == now:
        bare = [each.reason_text.rstrip("。") for each in (before, after)]
        was, now = f"金额不变（{now}），理由由“{bare[0]}”", f"“{bare[1]}”"
    else:
        was = f"由{was}"
    return Change(
        because=f"{day}，{said}" if day else said,
        became=f"{was}改为{now}",
        steps=tuple(steps[:CHANGED_STEPS_MAX]),
    )


def _result(told: ExplainedDecision) -> str:
    amount = text_of(sum(told.layers.values()))
    waiting = {"held": "等待资料", "needs_person": "等待经办人员认定", "reversed": "已撤回"}
    return f"{amount}元" if told.status == "decided" else f"{amount}元（{waiting[str(told.status)]}）"


def _day(stamp: int) -> str:
    """Business day of a stamp in UTC+8; empty for the line numbers of a replay."""
    if stamp < STAMP_MIN:
        return ""
    day = datetime.fromtimestamp(stamp / 1000, UTC).astimezone(CHINA)
    return f"{day.year}年{day.month}月{day.day}日"
