"""A real browser for the pages people read: headless Chromium, no driver, one short life per question.

The page under test stands in a frame of a given width; a script around it writes what the browser made of it into the
document, and `--dump-dom` gives that back. Pages are self-contained; what one would fetch is told by its elements.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

DEADLINE_SECONDS = 60
_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --hide-scrollbars --virtual-time-budget=5000 --dump-dom"
).split()

_FRAME = """<!DOCTYPE html><meta charset="utf-8"><body><iframe id="page" width="{width}" height="1200"></iframe>
<script id="source" type="application/json">{source}</script><pre id="seen"></pre><script>
const frame = document.getElementById("page");
frame.onload = () => {{
  const page = frame.contentDocument, root = page.documentElement;
  const cut = [...page.querySelectorAll("td, th, p, li, h1, h2, h3, text")].filter((e) => {{
    const box = e.getBoundingClientRect();
    return !e.closest(".wide") && box.width > 0 && box.right > root.clientWidth + 1; }});
  document.getElementById("seen").textContent = JSON.stringify({{
    text: page.body.innerText, wide: root.scrollWidth, width: root.clientWidth, cut: cut.map((e) => e.textContent),
    fetched: [...page.querySelectorAll("[src], link[href]")].map((e) => e.src || e.href),
  }});
}};
frame.srcdoc = JSON.parse(document.getElementById("source").textContent);
</script>"""


@dataclass(frozen=True)
class Seen:
    """What the browser made of a page."""

    text: str
    """All that a reader sees."""
    wide: int
    width: int
    """Width of the content and of the window, pixels: a reader scrolls sideways where the first is larger."""
    cut: list[str]
    """Texts that reach beyond the right edge, but for those in a part that scrolls by itself (class `wide`)."""
    fetched: list[str]
    """Addresses that the page would ask for."""


def require_chromium() -> str:
    """The browser's path; skips with the reason where there is none, which in CI is a failure."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is not None:
        return found
    if os.environ.get("CI"):
        pytest.fail("Chromium is required in CI (Debian: chromium)")
    pytest.skip("no Chromium here (Debian: apt-get install chromium)")


def look(page: str, folder: Path, *, width: int) -> Seen:
    """Open a page in a window `width` pixels wide."""
    source = json.dumps(page, ensure_ascii=False).replace("</", "<\\/")
    file = folder / f"frame-{width}.html"
    file.write_text(_FRAME.format(width=width, source=source), encoding="utf-8")
    done = subprocess.run(
        [require_chromium(), *_FLAGS, f"--user-data-dir={folder / 'profile'}", file.as_uri()],
        capture_output=True,
        timeout=DEADLINE_SECONDS,
        check=True,
    )
    found = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout.decode(), re.DOTALL)
    said = html.unescape(found[1]) if found else ""
    assert said, "the browser said nothing of the page"
    return Seen(**json.loads(said))
