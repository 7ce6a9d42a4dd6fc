"""What the door sees of a request before its body: taken once from the ASGI scope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple


class Head(NamedTuple):
    """Method, target and header lines in wire order, names in lower case; `peer` is the address of the connection."""

    method: str
    scheme: str
    path: str
    query: str
    lines: tuple[tuple[str, str], ...]
    peer: str | None
    certificate_pem: str | None

    def one(self, name: str) -> str | None:
        """The value of a header that stands there exactly once; None where it is missing or repeated."""
        found = self.all(name)
        return found[0] if len(found) == 1 else None

    def all(self, name: str) -> list[str]:
        """Every line of one header."""
        return [value for each, value in self.lines if each == name]


def head_of(scope: Mapping[str, Any]) -> Head:
    """The head of an ASGI `http` scope. The client's certificate comes from ASGI's TLS extension, where it is."""
    raw_path = scope.get("raw_path") or scope["path"].encode()
    client = scope.get("client")
    return Head(
        scope["method"],
        scope.get("scheme", "http"),
        raw_path.decode("latin-1"),
        scope.get("query_string", b"").decode("latin-1"),
        tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]),
        client[0] if client else None,
        _leaf((scope.get("extensions") or {}).get("tls") or {}),
    )


def header_bytes(scope: Mapping[str, Any]) -> int:
    """Bytes of all header lines, with the two of ": "."""
    return sum(len(name) + len(value) + 2 for name, value in scope["headers"])


def _leaf(tls: Mapping[str, Any]) -> str | None:
    chain: Iterable[str] = tls.get("client_cert_chain") or ()
    return next(iter(chain), None)


class Fields:
    """Header lines as http-message-signatures wants them: `items()` with repeated lines kept."""

    def __init__(self, lines: tuple[tuple[str, str], ...]) -> None:
        self._lines = lines

    def items(self) -> tuple[tuple[str, str], ...]:
        return self._lines

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for name, _ in self._lines))

    def __contains__(self, name: str) -> bool:
        return any(each == name.lower() for each, _ in self._lines)
