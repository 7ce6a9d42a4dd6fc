"""Which regions are in shadow, and by which orders: from the book of orders in the read model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workers.office.orders import orders

MODES = {"shadow": "试运行（只比较，不支付）", "live": "正式支付"}
DAYS = {"benefit_date": "受益日期", "settled_on": "结算日期"}
KIND = "region_mode"


def status(database: Path) -> list[dict[str, Any]]:
    """Orders about modes in the order in which they were folded, the newest of a region or county marked."""
    found = [order for order in orders(database, None, None) if order["kind"] == KIND]
    newest = {(order["region"], order.get("county")): order["order_id"] for order in found if _holds(order)}
    return [
        {
            **{name: order.get(name) for name in _SHOWN},
            "counted_by": order.get("counted_by") or "benefit_date",
            "newest": newest.get((order["region"], order.get("county"))) == order["order_id"],
        }
        for order in found
    ]


_SHOWN = (
    "region", "county", "mode", "first_day", "order_id", "author", "second_signer", "document", "ordered_on", "outcome",
)  # fmt: skip


def _holds(order: dict[str, Any]) -> bool:
    return order["outcome"] in ("applied", "repeat")


def page(found: list[dict[str, Any]]) -> str:
    """The same as lines of text."""
    if not found:
        return "没有关于试运行的决定：所有地区都是正式支付。新接入的地区，在启用规则之前先下试运行的决定。"
    lines = []
    for each in found:
        place = f"{each['region']}" + (f" 区县 {each['county']}" if each["county"] else "")
        day = f"自 {each['first_day']}（{DAYS[each['counted_by']]}）起" if each["first_day"] else "尚未决定的全部单据"
        held = "" if _holds(each) else "  未生效"
        mark = "▶" if each["newest"] else " "
        lines.append(
            f"{mark} {place}  {MODES[each['mode']]}  {day}{held}  决定 {each['order_id']}  {each['ordered_on']}"
            f"  经办 {each['author']}  复核 {each['second_signer']}  依据 {each['document']}"
        )
    return "\n".join(lines)
