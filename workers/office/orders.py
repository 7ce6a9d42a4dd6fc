"""The book of orders (LZ-22b, LZ-23a): who ordered what on which document, and what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from workers.history.queries import open_for_reading

SHOWN_MAX = 1_000
OUTCOMES = {
    "applied": "已执行", "stale": "已过时", "no_effect": "无效", "repeat": "重复", "conflict": "编号冲突",
    "needs_person": "待人工", "forwarded": "已转到新编号",
}  # fmt: skip


def orders(database: Path, person_key: str | None, officer: str | None) -> list[dict[str, Any]]:
    """Orders in journal order with their answers; `officer` is an author or second signer."""
    connection = open_for_reading(database)
    try:
        rows = connection.execute(
            "SELECT o.body, a.body FROM office_order o "
            'LEFT JOIN outcome a ON a.partition = o.partition AND a."offset" = o."offset" '
            "WHERE (?1 IS NULL OR o.person_key = ?1) AND (?2 IS NULL OR o.author = ?2 OR o.second_signer = ?2) "
            'ORDER BY o.partition, o."offset" LIMIT ?3',
            (person_key, officer, SHOWN_MAX),
        ).fetchall()
    finally:
        connection.close()
    return [{**orjson.loads(body), **_answer(answer)} for body, answer in rows]


def page(found: list[dict[str, Any]]) -> str:
    if not found:
        return "没有经办决定"
    return "\n".join(
        f"{each['order_id']}  {each['ordered_on']}  {each['kind']}  {OUTCOMES.get(each['outcome'] or '', '尚未处理')}"
        f"  经办 {each['author']}  复核 {each['second_signer']}  依据 {each['document']}"
        + (f"  单据 {each['setl_id']}" if each.get("setl_id") else "")
        for each in found
    )


def _answer(raw: bytes | None) -> dict[str, Any]:
    answer = {} if raw is None else orjson.loads(raw)
    return {"outcome": answer.get("outcome"), "decision_ids": answer.get("decision_ids", [])}
