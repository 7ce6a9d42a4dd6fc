"""The name of a process's slot: a static member of Kafka's groups and part of a file name."""

from __future__ import annotations

import re
import socket

from workers.errors import Usage

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)


def slot(instance: str | None) -> str:
    """The name that was given, or the host's; Usage where Kafka or the file system would not take it."""
    name = instance or socket.gethostname()
    if _NAME.fullmatch(name) is None:
        raise Usage("--instance is a letter or digit, then letters, digits, dots, hyphens and underscores: worker-1")
    return name
