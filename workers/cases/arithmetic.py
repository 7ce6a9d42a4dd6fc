"""Hand arithmetic of a worked example, computed exactly: `(8000.00 − 1000.00) × 60%`."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from fractions import Fraction

from workers.errors import Usage

_TOKEN = re.compile(r"\s*(\d+(?:\.\d+)?%?|[()+×÷−])")
_SIGNS = {"×": "*", "÷": "/", "−": "-"}
_OPERATIONS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
LENGTH_MAX = 300


def tokens_of(expression: str) -> list[str]:
    """Numbers and signs in order; Usage where something else stands there."""
    found, position, text = [], 0, expression.rstrip()
    if len(text) > LENGTH_MAX:
        raise Usage(f"a sum has at most {LENGTH_MAX} characters")
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Usage(f"not a sum: {text[position:]!r}; write numbers, percentages and the signs + − × ÷ ( )")
        found.append(match[1])
        position = match.end()
    return found


def value_of(expression: str) -> Fraction:
    """Exact value; Usage when it is no sum."""
    return parts_of(expression)[-1]


def parts_of(expression: str) -> list[Fraction]:
    """Every number that is not just an addend and every intermediate result, the result last; Usage when no sum."""
    numbers: list[Fraction] = []
    python = ""
    for token in tokens_of(expression):
        if token[0].isdigit():
            number = Fraction(token.rstrip("%"))
            python += f"n{len(numbers)} "
            numbers.append(number / 100 if token.endswith("%") else number)
        else:
            python += _SIGNS.get(token, token)
    found: list[Fraction] = []
    try:
        _value(ast.parse(python.strip(), mode="eval").body, numbers, found)
    except (SyntaxError, ZeroDivisionError) as error:
        raise Usage(f"the sum {expression!r} cannot be computed; check its brackets and signs") from error
    return found


def _value(node: ast.expr, numbers: list[Fraction], found: list[Fraction], addend: bool = False) -> Fraction:
    if isinstance(node, ast.Name):
        value = numbers[int(node.id[1:])]
    elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        adds = isinstance(node.op, ast.Add)
        left, right = _value(node.left, numbers, found, adds), _value(node.right, numbers, found, adds)
        value = _OPERATIONS[type(node.op)](left, right)
    else:
        raise SyntaxError("a sign without a number")
    if not addend:
        found.append(value)
    return value
