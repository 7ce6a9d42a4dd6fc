"""Drafts for tests: the shipped rulebooks with a change that a clerk could make, words and figure together."""

from __future__ import annotations

import shutil
from pathlib import Path

from workers.policy.adoption import SHIPPED

BOOK, WORDS = "qiannan/2022-26.toml", "qiannan/2022-26.txt"


def copy(folder: Path) -> Path:
    shutil.copytree(SHIPPED, folder)
    return folder


def change(folder: Path, file: str, *pairs: tuple[str, str]) -> None:
    """Replace each text once; the text must be there."""
    text = (folder / file).read_text(encoding="utf-8")
    for old, new in pairs:
        assert text.count(old) >= 1, f"{file} does not hold {old!r}"
        text = text.replace(old, new, 1)
    (folder / file).write_text(text, encoding="utf-8")


def class_3(folder: Path, rate: str = "65%", deductible: str = "1500.00") -> Path:
    """Class 3 of Qiannan with another rate and deductible."""
    copy(folder)
    yuan = deductible.partition(".")[0]
    change(folder, WORDS, ("1000元\t60%", f"{yuan}元\t{rate}"))
    book = (folder / BOOK).read_text(encoding="utf-8")
    head, tail = book.split('id = "class_3"', 1)
    part, rest = tail.split("[[group]]", 1)
    part = part.replace('"60%"', f'"{rate}"').replace('"1000.00"', f'"{deductible}"')
    text = f'{head}id = "class_3"{part}[[group]]{rest}'.replace("1000元 60%", f"{yuan}元 {rate}")
    (folder / BOOK).write_text(text, encoding="utf-8")
    return folder
