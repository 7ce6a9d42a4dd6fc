"""Logs of a worker: one JSON object a line on stderr, or text for people. Never a payload, never a person."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

NOISY = ("aiokafka", "faust", "mode", "asyncio")


def configure(*, json_lines: bool = True, level: int = logging.INFO) -> None:
    """Route every logger of the process through structlog's formatter; libraries only from WARNING up."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if json_lines else structlog.dev.ConsoleRenderer()
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
