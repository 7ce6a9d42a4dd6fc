"""Where a refused message holds a person's data: the platform's name of the field, for who has to remove it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.national.load import Vocabulary
from workers.journal.pii import holds_person_data


def personal_field(message: Mapping[str, Any], vocabulary: Vocabulary) -> str | None:
    """The first field of the interface that holds an ID or telephone number; None where its name is not one of those.

    An unknown name is never told: it may itself be what is to be hidden.
    """
    waiting: list[tuple[str | None, Any]] = [(None, message)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend((vocabulary.plain(key), inner) for key, inner in reversed(value.items()))
        elif isinstance(value, list):
            waiting.extend((name, inner) for inner in reversed(value))
        elif name in vocabulary.told and holds_person_data(str(value).encode()):
            return name
    return None
