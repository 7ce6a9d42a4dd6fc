"""`tuodi hospitals check FILE`: is this file fit to be put into force?"""

from __future__ import annotations

import sys
from pathlib import Path

import orjson

from workers.gateway.door.hospitals import HospitalsBroken
from workers.gateway.door.keyring import Keyring, load


def check(file: Path, *, as_json: bool) -> int:
    """Print every fault with its line and fix, or what the file admits; returns the number of faults."""
    try:
        ring = load(file)
    except HospitalsBroken as broken:
        for fault in broken.faults:
            sys.stdout.write(orjson.dumps(fault._asdict()).decode() + "\n" if as_json else f"{fault}\n")
        return len(broken.faults)
    sys.stdout.write(_json(ring) if as_json else _text(ring))
    return 0


def _json(ring: Keyring) -> str:
    lines = [
        {
            "code": each.code,
            "regions": sorted(each.regions),
            "ways": sorted("+".join(sorted(way)) for way in each.ways),
            "suspended": each.suspended,
        }
        for each in ring.hospitals.values()
    ]
    return "".join(orjson.dumps(line).decode() + "\n" for line in lines)


def _text(ring: Keyring) -> str:
    suspended = sum(each.suspended for each in ring.hospitals.values())
    certificates = len(ring.fingerprints) + len(ring.subjects)
    return (
        f"{len(ring.hospitals)} hospitals ({suspended} suspended), {len(ring.keys)} keys,"
        f" {certificates} certificates, {len(ring.envelopes)} envelope keys: fit for use\n"
    )
