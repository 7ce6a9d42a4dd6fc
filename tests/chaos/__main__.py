"""`python -m tests.chaos --seed 3`: kill -9 and worse on a real broker, then the audit and the oracle.

Exit codes: 0 nothing lost, nothing doubled, gaps within their limits, also where the broker lost markers and
`tuodi topics mend` ended what hung (the table says so); 1 something is red; 2 asked wrongly; 3 red, and the broker lost
markers of which `mend` could not judge all: repeat the run, and look at what it names (docs/hanging.md).
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from pathlib import Path

from tests.chaos.folder import run_folder
from tests.chaos.run import Run, table

BROKER_LOST_MARKERS = 3
"""Exit code of a red run that the broker's own loss explains, as far as anybody could tell."""


def main() -> int:
    """Parse, run, print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="schedule and load of the run (default 1)")
    parser.add_argument("--seconds", type=float, default=24.0, help="length of the load (default 24)")
    parser.add_argument("--rate", type=float, default=1_000.0, help="records a second (default 1000)")
    parser.add_argument("--keep", type=Path, help="folder to run in and keep: logs, feed, export, replay")
    chosen = parser.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells of every retry while the broker is away
    with run_folder(chosen.keep, "tuodi-chaos-") as folder:
        verdict = asyncio.run(Run(chosen.seed, chosen.seconds, chosen.rate, folder).run())
    sys.stdout.write("\n".join(table(verdict)) + "\n")
    if verdict.red and verdict.mended.left:
        return BROKER_LOST_MARKERS
    return 1 if verdict.red or verdict.slow else 0


if __name__ == "__main__":
    sys.exit(main())
