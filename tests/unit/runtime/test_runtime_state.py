"""Store, overlay, changelog keys and position: what a batch sees, and what becomes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.errors import Stop
from workers.runtime.changelog import key_of, split_key
from workers.runtime.overlay import Overlay
from workers.runtime.position import Position, parse_position
from workers.runtime.store import MemoryStore

GROUPS = st.sampled_from(["a", "b", "!day"])
NAMES = st.sampled_from(["", "x", "y|z"])
VALUES = st.none() | st.binary(max_size=2)
WRITES = st.lists(st.tuples(GROUPS, NAMES, VALUES), max_size=12)


def flat(view: MemoryStore | Overlay) -> dict[tuple[str, str], bytes]:
    return {(group, name): value for group in view.groups() for name, value in view.names(group)}


def written(view: MemoryStore | Overlay, writes: list[tuple[str, str, bytes | None]]) -> None:
    for group, name, value in writes:
        view.put(group, name, value)


@given(WRITES, WRITES)
def test_an_overlay_shows_what_a_merge_will_give(
    before: list[tuple[str, str, bytes | None]], batch: list[tuple[str, str, bytes | None]]
) -> None:
    store, model = MemoryStore(), dict[tuple[str, str], bytes]()
    written(store, before)
    for group, name, value in [*before, *batch]:
        model.pop((group, name), None)
        if value is not None:
            model[group, name] = value
    committed = flat(store)
    overlay = Overlay(store)
    written(overlay, batch)
    assert flat(overlay) == model
    assert all(overlay.get(group, name) == model.get((group, name)) for group, name, _ in batch)
    assert len(list(overlay.groups())) == len(set(overlay.groups())), "no group is named twice"
    assert flat(store) == committed, "the store is untouched until the merge"
    store.merge(overlay.writes)
    assert flat(store) == model
    assert len(store) == len(model)


@given(WRITES, WRITES)
def test_the_changes_of_an_overlay_rebuild_the_store(
    before: list[tuple[str, str, bytes | None]], batch: list[tuple[str, str, bytes | None]]
) -> None:
    store, copy = MemoryStore(), MemoryStore()
    written(store, before)
    written(copy, before)
    overlay = Overlay(store)
    written(overlay, batch)
    for group, name, value in overlay.changes():
        copy.put(*split_key(key_of(group, name)), value)
    store.merge(overlay.writes)
    assert flat(copy) == flat(store)


def test_deleting_what_was_never_committed_writes_no_tombstone() -> None:
    overlay = Overlay(MemoryStore())
    overlay.put("a", "x", b"1")
    overlay.put("a", "x", None)
    assert list(overlay.changes()) == []


def test_writing_while_iterating_is_not_seen() -> None:
    overlay = Overlay(MemoryStore())
    overlay.put("a", "x", b"1")
    for name, value in overlay.names("a"):
        overlay.put("a", name + "+", value)
    assert dict(overlay.names("a")) == {"x": b"1", "x+": b"1"}


@pytest.mark.parametrize("group", ["!position", "a|b", ""])
def test_a_fold_cannot_write_the_position_or_a_key_that_reads_back_differently(group: str) -> None:
    with pytest.raises(Stop):
        Overlay(MemoryStore()).put(group, "x", b"1")


@pytest.mark.parametrize(
    ("group", "name", "key"),
    [("P1", "facts", b"P1|facts"), ("P1", "bill|520000|S1", b"P1|bill|520000|S1"), ("!day", "", b"!day")],
)
def test_changelog_keys(group: str, name: str, key: bytes) -> None:
    assert key_of(group, name) == key
    assert split_key(key) == (group, name)


def test_a_position_reads_back_as_it_was_written() -> None:
    position = Position("j-1", 42, 1_700_000_000_000)
    assert position.to_bytes() == b'{"incarnation":"j-1","offset":42,"stamp":1700000000000}'
    assert parse_position(position.to_bytes(), "here") == position


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"[]",
        b"{}",
        b'{"incarnation":"a","offset":-1,"stamp":0}',
        b'{"incarnation":"a","offset":true,"stamp":0}',
        b'{"incarnation":1,"offset":1,"stamp":0}',
        b'{"incarnation":"a","offset":1.0,"stamp":0}',
    ],
)
def test_anything_else_than_a_position_stops(value: bytes | None) -> None:
    with pytest.raises(Stop, match="here: !position"):
        parse_position(value, "here")


def test_a_group_reads_what_the_overlay_reads_and_writes_where_it_writes() -> None:
    store = MemoryStore()
    store.put("p", "facts", b"old")
    store.put("p", "bill|1", b"kept")
    overlay = Overlay(store)
    group, other = overlay.group("p"), overlay.group("p")
    group.put("facts", b"new")
    group.put("bill|1", None)
    for seen in (group, other):
        assert (seen.get("facts"), seen.get("bill|1"), seen.get("nothing")) == (b"new", None, None)
        assert dict(seen.names()) == {"facts": b"new"}
    assert overlay.get("p", "facts") == b"new"
    assert store.get("p", "facts") == b"old"
    assert overlay.group("q").get("facts") is None
