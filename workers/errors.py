"""The one exception tree of the workers.

    TuodiError
    ├── Reject            the input is wrong, for ever: dead letter, counted, nothing lost
    ├── Retry             transient: the broker, the network, a lock; try again, bounded and jittered
    ├── Stop              an invariant is broken: stop this partition loudly; never continue, never skip
    └── Usage             the operator asked for something that cannot be done: message, exit code 2

A message says what happened, where (topic, partition, offset, file, line) and what to do. It never holds a value of the
input: what is refused may be an ID number.
"""

from __future__ import annotations


class TuodiError(Exception):
    """Base of everything the workers raise on purpose."""


class Reject(TuodiError):
    """Input that will never be accepted; `reason` is a code of `schemas.reasons.RejectReason`; `detail` no values."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Retry(TuodiError):
    """A passing fault; the caller may try again within its bound."""


class Stop(TuodiError):
    """A broken invariant: the partition stops, the process reports not ready and exits."""


class Usage(TuodiError):
    """A command that cannot be carried out as asked; printed without a stack trace."""
