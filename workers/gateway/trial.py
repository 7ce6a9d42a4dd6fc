"""A trial as the bill it would be: the same verdict as for a settle, but nothing of it is ever written down as one."""

from __future__ import annotations

from typing import Any

import orjson

from workers.gateway.caller import Caller
from workers.gateway.judged import FINAL
from workers.gateway.window import Window
from workers.intake.shape import NotJson, object_of


def trial_event(window: Window, raw: bytes, caller: Caller) -> dict[str, Any]:
    """The checked bill of a trial's body, which has the fields of a settle without `type` and `version`."""
    try:
        body = object_of(raw)
    except NotJson:
        body = None
    if body is not None:
        raw = orjson.dumps({**body, "type": FINAL, "version": 1})
    return window.judged(raw, caller, FINAL)
