"""How numbers of a trace are shown to people: fen as yuan, ratios as per cent, exact fractions marked as rounded."""

from __future__ import annotations

from fractions import Fraction

from schemas.money import text_of


def shown(kind: str, raw: int | str) -> str:
    """`fen`: "1234.50" (an exact fraction of a fen: "约115666.6667"); `ratio`: "7/10" → "70%"; `word`: as it is."""
    if kind == "fen":
        return text_of(raw) if isinstance(raw, int) else _yuan(Fraction(raw) / 100)
    if kind == "ratio":
        return _percent(Fraction(raw))
    return str(raw)


def _yuan(value: Fraction) -> str:
    scaled = value * 10_000
    rounded = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    text = f"{rounded // 10_000}.{rounded % 10_000:04d}"
    return text if scaled.denominator == 1 else f"约{text}"


def _percent(ratio: Fraction) -> str:
    percent = ratio * 100
    if percent.denominator == 1:
        return f"{percent.numerator}%"
    scaled = percent * 100
    if scaled.denominator == 1:
        text = f"{scaled.numerator // 100}.{scaled.numerator % 100:02d}".rstrip("0")
        return f"{text}%"
    return f"{ratio.numerator}/{ratio.denominator}"
