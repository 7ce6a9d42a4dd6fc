"""`python -m tests.oracles --histories N --seed S --city all`: thousands of random histories, two programs, one answer.

Prints a table of what was compared and of each city the first history that differs, taken down to its smallest form.
Exit codes: 0 all agree, 1 something differs, 2 asked wrongly.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import orjson

from tests.oracles.compare import PROFILE, differences, histories, smallest
from tests.oracles.histories import TOPIC, Line

BATCH = 500
FIGURES = Path(__file__).with_name("figures.json")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracles", description=__doc__)
    parser.add_argument("--histories", type=int, default=1_000, help="histories a city")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--city", choices=("all", *PROFILE), default="all")
    parser.add_argument("--show", type=int, default=1, help="differing histories to print in full")
    asked = parser.parse_args()
    red = False
    for city in PROFILE if asked.city == "all" else (asked.city,):
        red |= one_city(city, asked.histories, asked.seed, asked.show)
    return int(red)


def one_city(city: str, count: int, seed: int, show: int) -> bool:
    bills, wrong, began = 0, 0, time.monotonic()
    kinds: Counter[str] = Counter()
    for start in range(0, count, BATCH):
        said = histories(city, seed * 1_000_003 + start, min(BATCH, count - start))
        for figures in (None, FIGURES) if city != "dongtou" else (FIGURES,):
            compared, found, _ = differences(said, figures)
            bills, wrong = bills + compared, wrong + len(found)
            for number, what in found:
                kinds[kind(what)] += 1
                if len(kinds) <= show and kinds[kind(what)] == 1:
                    say(f"\n{city} {number}: {what}")
                    fewest = smallest(number, with_shared(number, said), figures) if number else []
                    if fewest:
                        say(f"  at its smallest: {next(iter(differences({number: fewest}, figures).wrong), what)}")
                    for line in fewest:
                        say("  " + orjson.dumps(line).decode())
    for what, times in kinds.most_common():
        say(f"  {times:5}  {what}")
    say(f"{city}: {count} histories, {bills} bills, {wrong} differ, {time.monotonic() - began:.0f} s")
    return wrong > 0


def with_shared(number: str, said: Mapping[str, list[Line]]) -> list[Line]:
    """The history with the orders of other histories that hold for everybody, in their places."""
    orders = TOPIC["office"]
    return [line for own, lines in said.items() for line in lines if own == number or line["topic"] == orders]


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def kind(what: str) -> str:
    """The same sort of difference, whoever it is about."""
    return "".join(c for c in what.partition(": ")[2] if not c.isdigit())


if __name__ == "__main__":
    sys.exit(main())
