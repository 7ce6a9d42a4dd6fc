"""Is a broker serving clients? A real metadata request (KIP-1: API key 3, version 1), spoken by hand in one round trip.

An open port is not enough: Kafka 4 listens before it knows its own registration, and answers with an empty broker list.
"""

from __future__ import annotations

import socket
import struct

_CORRELATION = 7


def answers(port: int, *, host: str = "127.0.0.1", timeout_s: float = 1.0) -> bool:
    """Whether the broker there returns metadata that names at least one live broker."""
    client = b"tuodi-probe"
    # request header v1: api key 3, version 1, correlation id, client id; body: an empty array asks for no topic
    body = struct.pack(">hhih", 3, 1, _CORRELATION, len(client)) + client + struct.pack(">i", 0)
    try:
        with socket.create_connection((host, port), timeout=timeout_s) as connection:
            connection.sendall(struct.pack(">i", len(body)) + body)
            size = struct.unpack(">i", _exactly(connection, 4))[0]
            reply = _exactly(connection, min(size, 65_536))
    except (OSError, EOFError):
        return False
    correlation, brokers = struct.unpack_from(">ii", reply)
    return bool(correlation == _CORRELATION and brokers > 0)


def _exactly(connection: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        piece = connection.recv(count - len(got))
        if not piece:
            raise EOFError("the broker closed the connection")
        got += piece
    return got
