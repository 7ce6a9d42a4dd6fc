"""Whether two bodies under one business key say the same (records.md §3). The only deduplication rule there is.

The digest is versioned (`1:`) and covers the canonical money and rule fields; what is absent is skipped. The key
itself, the channel and what is only carried are not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from hashlib import sha256
from typing import Any

import orjson

from workers.entitlement.records import Stated

DIGEST_VERSION = "1:"
OUTSIDE = ("region", "setl_id", "channel")
"""Stated facts of a bill that are no part of its digest."""


class Sameness(Enum):
    SAME = "same"  # or states fewer facts without contradiction
    COMPLETES = "completes"  # only adds facts that were absent
    CONTRADICTS = "contradicts"  # changes a stated fact


def digest_of(body: Mapping[str, Any]) -> str:
    """Digest of the body of any fact: sha256 over canonical JSON, in hexadecimal."""
    return DIGEST_VERSION + sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()


def bill_digest(facts: Stated) -> str:
    """Digest of a bill's money and rule fields."""
    return digest_of(_said(facts))


def compare(known: Stated, arriving: Stated) -> Sameness:
    """What an arriving body says beside the known one."""
    before, now = _said(known), _said(arriving)
    completes = False
    for name, value in now.items():
        if name not in before:
            completes = True
        elif before[name] != value:
            return Sameness.CONTRADICTS
    return Sameness.COMPLETES if completes else Sameness.SAME


def completed(known: Stated, arriving: Stated) -> Stated:
    """The known facts with what the arriving body adds; channel and key stay the first."""
    before = _said(known)
    return {**known, **{name: value for name, value in _said(arriving).items() if name not in before}}


def _said(facts: Stated) -> Stated:
    """What takes part in sameness. Insurance results not yet in are no fact: their coming completes the bill."""
    said = facts.copy()
    for name in OUTSIDE:
        said.pop(name, None)
    if said.get("insurance_settled") is False:
        del said["insurance_settled"]
    return said
