"""A certificate that turns out to be another person's: the identity moves, the former holder never had it."""

from __future__ import annotations

from pathlib import Path

from tests.unit.directory.people import REGION, card, psn_no
from tests.unit.lists.list_world import ListWorld, row, silent, standing
from workers.directory.bring import bring
from workers.lists.resolve import Resolved, resolve


def look_again(world: ListWorld, *, everything: bool, dry_run: bool = False) -> Resolved:
    return resolve(
        world.lists, world.directory, world.settings, everything=everything, dry_run=dry_run, now_ms=1, progress=silent
    )


def test_a_replaced_mapping_moves_the_identity_of_every_month(tmp_path: Path) -> None:
    world = ListWorld(tmp_path, 3)
    world.take("202403", [row(0), row(1)])
    world.take("202404", [row(0), row(1)])
    mapping = tmp_path / "corrected.csv"
    mapping.write_text(f"证件号码,人员编号\n{card(1)},P9\n", "utf-8")
    done = bring(world.directory, mapping, REGION, dry_run=False, replace=True, progress=silent)
    assert done.replaced == 1
    assert look_again(world, everything=False).certificates == 0
    before = world.dump()
    dry = look_again(world, everything=True, dry_run=True)
    assert world.dump() == before
    assert look_again(world, everything=True) == dry
    assert (dry.certificates, dry.added, dry.withdrawn) == (1, 1, 1)
    assert standing(world.outbox()) == {
        (psn_no(0), "低保对象"): [("2020-01-05", "")],
        ("P9", "低保对象"): [("2020-01-05", "")],
    }
    world.close()
