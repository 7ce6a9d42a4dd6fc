"""Running services as one process: until a signal, a crash, or a drain that took its time."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import mode


def run_services(services: Sequence[mode.Service]) -> None:
    """Start them in order and run until SIGTERM or SIGINT; stopped in the opposite order, last started first.

    Exit code 0 after a drain, 1 after a crash (through SystemExit). Logs are ours (`workers.host.logs`), not mode's.
    """
    logging.getLogger("mode").setLevel(logging.WARNING)
    mode.Worker(*services, override_logging=False, redirect_stdouts=False, quiet=True).execute_from_commandline()
