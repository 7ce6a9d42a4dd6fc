"""Facts of two keys of one person under one, and apart again: each entry remembers the key it came from.

An entry of a group of revised facts is `{"revision", "digest", "body"}`; what came with another key carries `from`, and
what it stands before (the same fact stated of two keys) lies in `beside`, so that a split finds both again.
"""

from __future__ import annotations

from typing import Any

from workers.entitlement.rulings import PROOF, RULING
from workers.entitlement.state import REVISED, Known

Entry = dict[str, Any]
FROM, BESIDE = "from", "beside"
ADDS_UP = "balance.opened|"
"""Facts of two keys that do not contradict but add up."""


def gather(own: Known, coming: Known, from_key: str | None) -> list[tuple[str, str, Entry, Entry]]:
    """Put the facts of another key beside the own ones: the highest revision holds, at a tie the own one.

    `from_key` is None for facts that come home. Returns what contradicts under one
    revision: group, key, kept entry, other entry.
    """
    contradicting = []
    mark = {} if from_key is None else {FROM: from_key}
    for name in REVISED:
        group: dict[str, Entry] = getattr(own, name)
        for key, entry in getattr(coming, name).items():
            arriving = [{**mark, **each} for each in apart(entry)]
            present = apart(group[key]) if key in group else []
            if present and present[0]["revision"] == arriving[0]["revision"]:
                if present[0]["digest"] != arriving[0]["digest"] and not key.startswith(ADDS_UP):
                    contradicting.append((name, key, present[0], arriving[0]))
            group[key] = _together(present + arriving)
    return contradicting


def part(own: Known, leaving: set[str]) -> Known:
    """Take out what came from these keys, with its rulings; what stood behind it holds again."""
    gone = Known()
    for name in REVISED:
        group: dict[str, Entry] = getattr(own, name)
        for key in list(group):
            entries = apart(group[key])
            going = [entry for entry in entries if entry.get(FROM) in leaving]
            if going:
                staying = [entry for entry in entries if entry.get(FROM) not in leaving]
                getattr(gone, name)[key] = _together(going)
                if staying:
                    group[key] = _together(staying)
                else:
                    del group[key]
    for key in gone.applications.keys() - own.applications.keys():
        for name in (f"{RULING}|{key}", f"{PROOF}|{key}"):
            if name in own.others:
                gone.others[name] = own.others.pop(name)
    return gone


def replaced(entry: Entry | None, revised: Entry, from_key: str | None) -> Entry:
    """A newer revision in the place of what the same key stated before; what other keys stated stays beside it."""
    if from_key is not None:
        revised = {**revised, FROM: from_key}
    if entry is None or (FROM not in entry and BESIDE not in entry and from_key is None):
        return revised
    return _together([revised] + [each for each in apart(entry) if each.get(FROM) != from_key])


def home(entry: Entry, key: str) -> Entry:
    """An entry that is back under the key it came from."""
    entries = [{name: value for name, value in each.items() if not (name == FROM and value == key)}
               for each in apart(entry)]  # fmt: skip
    return _together(entries)


def apart(entry: Entry) -> list[Entry]:
    """The entry that holds, then what stands behind it."""
    holds = {name: value for name, value in entry.items() if name != BESIDE}
    return [holds, *entry.get(BESIDE, [])]


def _together(entries: list[Entry]) -> Entry:
    """The highest revision in front; sorting is stable, so the first of equal ones stays in front."""
    first, *behind = sorted(entries, key=lambda entry: -entry["revision"])
    return {**first, BESIDE: behind} if behind else first
