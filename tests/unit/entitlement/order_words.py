"""Orders as the fold takes them, in few words: every one signed by two officers unless a test says otherwise."""

from __future__ import annotations

from typing import Any

from tests.unit.entitlement.small_law import REGION
from workers.entitlement.records import Order, Revision


def order(order_id: str, kind: str, setl_id: str | None = None, **says: Any) -> Order:
    """An order of 2023-07-01; its body, which makes its digest, is what it says."""
    signed = {"author": "U1", "second_signer": "U2", "document": "黔南医保〔2023〕5号", "ordered_on": "2023-07-01"}
    fields = {**signed, "region": REGION, "setl_id": setl_id, **says}
    return Order(order_id, kind, body={"kind": kind, **fields}, **fields)


def application(kind: str, revision: int = 1, key: str = "A9", **body: Any) -> Revision:
    stated = {"application_id": key, "kind": kind, "applied_on": "2023-06-01", "setl_ids": [], "revision": revision}
    return Revision("applications", f"{REGION}|{key}", revision, {**stated, **body})
