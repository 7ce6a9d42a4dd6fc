"""Worked examples of office orders: Markdown timelines in which officers act, run through intake and ledger.

A file `tests/cases/<city>/orders/*.md`; the form is in tests/cases/README.md. Each row says one thing or orders one
thing, and may say what then holds of one bill: its assistance, its money back that waits, its reason, the open tasks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from tests.unit.office.office_world import OfficeWorld
from workers.cases.document import Line as Row
from workers.cases.document import Section
from workers.cases.matters import ENTRIES, LISTS
from workers.cases.words import APPLICATIONS, BILLS, DATE_TAGS, REASONS, TAGS, TEXT_TAGS
from workers.entitlement.office import pending
from workers.entitlement.state import FACTS, Bill, Facts, bill_name
from workers.journal.partition import partition_of
from workers.office.kinds import KINDS
from workers.policy.types import BillFacts

FOLDER = Path(__file__).parents[2] / "cases"
ANSWERS = {"已执行": "applied", "已过时": "stale", "无效": "no_effect", "重复": "repeat"}
RULINGS = {"批准": "approved", "免予": "waived", "不予": "refused"}
LABELS = {known.label: kind.value for kind, known in KINDS.items()}
CASE_APPLICATIONS = {**APPLICATIONS, "零星报销": "manual_claim", "申诉": "objection"}
CASE_REASONS = {**REASONS, "骗取": "fraud", "报销未批": "claim_refused", "撤销": "cancelled"}
PERSON = "P1"
LIST = "名单"
OUTSIDE = frozenset({"region", "setl_id", "county", "channel"})


class Case:
    """One section: one person of the city, from the first row to the last."""

    def __init__(self, folder: Path, region: str, county: str) -> None:
        self.world = OfficeWorld(folder, region, county)
        self.revisions: dict[str, int] = {}
        self.first_decisions: dict[str, str] = {}
        self.orders = 0
        self.answer = ""

    def run(self, section: Section) -> list[str]:
        """What the rows expect and did not find, one sentence each."""
        wrong = []
        for row in section.lines:
            words = row.cells["事件"].split()
            tags = [tag.strip() for tag in row.cells.get("情形", "").split("，") if tag.strip()]
            self._say(words, row.cells, tags)
            wrong += [f"第{row.number}行 {each}" for each in self._differences(row)]
        return wrong

    def _say(self, words: list[str], cells: dict[str, str], tags: list[str]) -> None:
        kind, names = words[0], words[1:]
        if kind in BILLS:
            facts = {} if not cells["合规自付"] else {"own": cells["合规自付"]}
            day = {"discharged_on": cells["日期"], "settled_on": cells["日期"]} if cells["日期"] else {}
            self.world.bill(PERSON, names[0], care_type=BILLS[kind], **facts, **day, **_stated(tags))
        elif kind == "认定":
            self._identity(names[0], recognised_on=cells["日期"])
        elif kind == "终止":
            self._identity(names[0], removed_on=cells["日期"])
        elif kind == "申请":
            self._application(names, cells["日期"], tags)
        elif kind == "撤销结算":
            fields = {"setl_id": names[0], "own_id": f"C{names[0]}"}
            self.world.feed("settlement.reported", PERSON, "settlement.cancel", **fields)
        elif kind in ("精神障碍", "户籍", "暴力倾向"):
            self._described(kind, names, tags)
        elif kind == "决定":
            self._order(names, cells["日期"], tags)
        else:
            raise AssertionError(f"{kind} is no event of these cases")

    def _identity(self, name: str, **days: str) -> None:
        revision = self.revisions[name] = self.revisions.get(name, 0) + 1
        self.days = getattr(self, "days", {}) | {name: {**getattr(self, "days", {}).get(name, {}), **days}}
        county = self.world.county
        self.world.assisted(
            PERSON, name, source_id=f"I-{len(name)}", revision=revision, county=county, **self.days[name]
        )

    def _application(self, names: list[str], day: str, tags: list[str]) -> None:
        said = dict(tag.split() for tag in tags if " " in tag)
        revision = self.revisions[names[1]] = self.revisions.get(names[1], 0) + 1
        fields: dict[str, Any] = {"applied_on": day, "revision": revision, "withdrawn": "撤回" in tags}
        fields["setl_ids"] = [tag.split()[1] for tag in tags if tag.startswith("单据 ")]
        if "身份" in said:
            fields["identity"] = said["身份"]
        self.world.application(PERSON, CASE_APPLICATIONS[names[0]], names[1], **fields)

    def _described(self, kind: str, names: list[str], tags: list[str]) -> None:
        revision = self.revisions["described"] = self.revisions.get("described", 0) + 1
        says: dict[str, Any] = {"精神障碍": {"mental_disorder": "否" not in tags}, "暴力倾向": {"violence_risk": True}}
        self.described = getattr(self, "described", {}) | (
            {"registration_county": names[0]} if kind == "户籍" else says[kind]
        )
        self.world.feed(
            "enrolment.changed", PERSON, "person.described", source_id="D1", revision=revision, **self.described
        )

    def _order(self, names: list[str], day: str, tags: list[str]) -> None:
        self.orders += 1
        value: dict[str, Any] = {
            "order_id": f"O{self.orders - (1 if '同一编号' in tags else 0)}", "author": "U1",
            "second_signer": "U1" if "一人签字" in tags else "U2", "document": "医保〔2023〕5号", "ordered_on": day,
        }  # fmt: skip
        value |= self._listed(names, tags) if names[0] == LIST else self._ordered(names, tags)
        if "依据原决定" in tags:
            value["decision_id"] = self.first_decisions[value["setl_id"]]
        seen = len(self.world.emitted)
        about = None if names[0] == LIST else PERSON
        self.world.feed("office.ordered", about, **{name: each for name, each in value.items() if each is not None})
        self.answer = next(
            orjson.loads(emitted.value)["outcome"]
            for emitted in self.world.emitted[seen:]  # the order itself goes before what it brings about
            if emitted.topic.endswith("journal.answered.v1")
        )

    def _listed(self, names: list[str], tags: list[str]) -> dict[str, Any]:
        """A list of a county: about nobody in particular."""
        pairs = [tag.split() for tag in tags if " " in tag]
        county = next((value for name, value in pairs if name == "县"), self.world.county)
        entries = [ENTRIES[name] + value for name, value in pairs if name in ENTRIES]
        return {"kind": "county_list", "county": county, "list_kind": LISTS[names[1]], "entries": entries}

    def _ordered(self, names: list[str], tags: list[str]) -> dict[str, Any]:
        what, about = names[0], names[1]
        stated = _stated([tag for tag in tags if tag in TAGS])
        if what in ("认定金额", "查实"):
            amounts = {"decision": {"amounts": _amounts(tags)}} if what == "认定金额" else {"found": stated}
            return {"kind": "needs_person", "setl_id": about, **amounts}
        if what in ("不予救助", "撤回不予救助"):
            lifts = {"approval": "refused"} if what.startswith("撤回") else {}
            return {"kind": "exclusion", "setl_id": about, "exclusion": stated["exclusion"], **lifts}
        if what in ("骗取", "撤回骗取"):
            return {"kind": "fraud", "setl_id": about, "approval": "refused" if what.startswith("撤回") else None}
        if what == "参保地":
            return {"kind": "insured_place", "setl_id": about, "county": names[2]}
        if what == "追回":
            decision = self.first_decisions[about] if "依据原决定" in tags else self._bill(about).decision["id"]  # type: ignore[index]
            return {"kind": "recovery", "setl_id": about, "decision_id": decision, "approval": RULINGS[names[2]]}
        if what == "保留":
            bill = self._bill(about)
            return {
                "kind": "conflict_resolved",
                "setl_id": about,
                "keep_digest": bill.digest if names[2] == "原来" else next(iter(bill.rivals)),
            }
        paper = {"application_id": about, "fact_revision": 1 if "依据原申请" in tags else self.revisions.get(about, 1)}
        if what in ("批准", "不予批准"):
            return {"kind": "application", **paper, "approval": "approved" if what == "批准" else "refused"}
        if what in ("有证明", "不能证明"):
            return {"kind": "proof", **paper, "not_assisted_proof": what == "有证明"}
        if what == "维持":
            return {"kind": "objection", **paper, "approval": "refused"}
        assert what == "更正", what
        amounts = {"decision": {"amounts": _amounts(tags)}} if _amounts(tags) else {}
        found = {"found": stated} if stated else {}
        return {"kind": "objection", **paper, "approval": "approved", "setl_id": names[2], **amounts, **found}

    def _differences(self, row: Row) -> list[str]:
        cells, found = row.cells, []
        if cells.get("答复"):
            found.append(("答复", ANSWERS[cells["答复"]], self.answer))
        if cells.get("单据"):
            bill = self._bill(cells["单据"])
            if bill.decision is not None:
                self.first_decisions.setdefault(cells["单据"], bill.decision["id"])
            due = sum(pending(bill).values())
            found.append(("救助", cells["救助"], _yuan(sum(bill.layers.values()))))
            found.append(("待追回", cells["待追回"] or "0.00", _yuan(due)))
            found.append(("理由", CASE_REASONS[cells["理由"]], bill.reason))
        if cells.get("任务"):
            kinds = [] if cells["任务"] == "无" else sorted(LABELS[name] for name in cells["任务"].split("，"))
            found.append(("任务", kinds, self._tasks()))
        return [f"{name}：应为 {due}，实为 {got}" for name, due, got in found if due != got]

    def _state(self, name: str) -> bytes:
        key = self.world.key(PERSON)
        engine = self.world.engine
        raw = engine.partitions[partition_of(key, len(engine.partitions))].store.get(key, name)
        assert raw is not None, f"nothing is kept under {name}"
        return raw

    def _bill(self, setl_id: str) -> Bill:
        return Bill.unpack(self._state(bill_name((self.world.region, setl_id))))

    def _tasks(self) -> list[str]:
        return sorted(task["kind"] for task in Facts.unpack(self._state(FACTS)).tasks.values())


def _stated(tags: list[str]) -> dict[str, Any]:
    """Facts in the words of the other worked examples; None leaves a fact unstated."""
    stated: dict[str, Any] = {}
    for tag in tags:
        name, _, value = tag.partition(" ")
        if name in TEXT_TAGS or name in DATE_TAGS:
            stated[{**TEXT_TAGS, **DATE_TAGS}[name]] = value
        elif tag in TAGS:
            stated |= TAGS[tag]
    assert set(stated) <= set(BillFacts._fields)
    return stated


def _amounts(tags: list[str]) -> dict[str, str]:
    words = {"普通": "ordinary", "倾斜": "tilt", "医中": "in_treatment"}
    said = [tag.split() for tag in tags if tag.split()[0] in words]
    return {words[name]: amount for name, amount in said}


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
