"""HTML pages from templates beside the code that fills them; every value is escaped, a missing one is an error."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

WORKERS = Path(__file__).parents[1]
"""Templates are named by room: `whatif/report.html.j2`."""


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(WORKERS), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip


def render(template: str, **values: Any) -> str:
    """One page; the same values give the same text."""
    return _environment().get_template(template).render(**values)
