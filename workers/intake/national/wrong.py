"""What ends the reading of a message: a typed reason, the platform's name of the field, the code, the check."""

from __future__ import annotations

import re
from typing import NamedTuple

from schemas.reasons import RejectReason
from workers.errors import Reject

_CODE = re.compile(r"[0-9A-Za-z]{1,6}", re.ASCII)


class Wrong(NamedTuple):
    """Why a message is refused. `code` has at most six letters and digits: never a name, a person's number, a phone."""

    reason: RejectReason
    field: str | None = None
    code: str | None = None
    check: str | None = None


class Refusal(Reject):
    """Raised inside this room only; `read` turns it into its `Wrong`."""

    def __init__(
        self, reason: RejectReason, field: str | None = None, code: str | None = None, check: str | None = None
    ) -> None:
        super().__init__(reason, field or "")
        self.wrong = Wrong(reason, field, plain_code(code), check)


def plain_code(code: str | None) -> str | None:
    """The code if it looks like one of a dictionary (six characters at most), else None: it might be anything."""
    return code if code is not None and _CODE.fullmatch(code) else None
