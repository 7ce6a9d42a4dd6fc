"""Names under which the departments recognise people: part of the rulebook format."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from workers.policy.values import Cite, ClauseId, Model


class IdentityName(Model):
    """One name under which the departments recognise people, and where the instrument puts it."""

    name: str
    aliases: tuple[str, ...] = ()
    sub_classes: tuple[str, ...] = ()  # only with one of these (LZ-14.1d–e); not stated: held (LZ-A9)
    member_types: tuple[str, ...] = ()  # only as one of these in the family (JY-3.1e)
    recognised_by: str
    clauses: Annotated[tuple[ClauseId, ...], Field(min_length=1)]
    cite: Cite
