"""Renders the table of rates into `docs/simulate.md`: `python -m workers.simulate.document [--check]`."""

from __future__ import annotations

import sys
from pathlib import Path

from workers.simulate.rates import RATES, Rate

DOCUMENT = Path("docs/simulate.md")
BEGIN = "<!-- rates: written by python -m workers.simulate.document -->"
END = "<!-- /rates -->"

_HEAD = "| rate | value | of | counted as | among | source or reason |\n|---|---:|---|---|---|---|\n"


def value_text(rate: Rate) -> str:
    """ "2.2" where a rate is a mean number, "20.7 %" where it is a share."""
    if rate.ppm >= 1_000_000:
        return f"{rate.ppm / 1_000_000:g} each"
    return f"{rate.ppm / 10_000:g} %"


def table() -> str:
    """The table of all rates in Markdown."""
    people = {"all": "everybody", "assisted": "the assisted"}
    rows = (
        f"| `{rate.key}` | {value_text(rate)} | {rate.per} | {rate.counted} | {people[rate.people]} | {rate.why} |\n"
        for rate in RATES
    )
    return _HEAD + "".join(rows)


def rendered(text: str) -> str:
    """The document with the table of today between its marks."""
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    return f"{before}{BEGIN}\n{table()}{END}{after}"


def main(arguments: list[str]) -> int:
    """Write the document, or with --check only compare; returns the exit code."""
    text = DOCUMENT.read_text(encoding="utf-8")
    fresh = rendered(text)
    if "--check" in arguments:
        if fresh != text:
            sys.stderr.write(
                f"{DOCUMENT} is not what the table of rates says; run python -m workers.simulate.document\n"
            )
        return int(fresh != text)
    DOCUMENT.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
