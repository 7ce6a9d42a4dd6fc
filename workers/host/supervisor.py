"""A parent that has everything imported and forks the worker anew when it dies: a restart costs no imports.

Imports are most of a start (1.3 s of CPU, several seconds where two cores are busy); a partition is silent for as long.
The parent holds no connection, no thread and no event loop: nothing of it can be lost, and a fork of it is clean.

    child ends with 0, or after a signal that was passed on   the parent ends with 0
    child dies otherwise                                      a new one at once; after some short lives, later
    short lives in a row reach the limit                      the parent ends with 1: restarting does not help
    parent dies, however                                      the child kills itself: its successor may be starting
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Final, NoReturn

from workers.errors import Usage
from workers.runtime.places import where_raised

log = logging.getLogger(__name__)

SHORT_LIFE_S: Final = 10.0
"""A child that lived for less has not recovered anything."""
SHORT_LIVES_MAX: Final = 12
AT_ONCE_MAX: Final = 4
"""So many short lives in a row are followed by another at once: each second of waiting is a second without money."""
PAUSE_MIN_S, PAUSE_MAX_S = 0.2, 5.0
ASKED_WRONGLY: Final = 2
PASSED_ON: Final = (signal.SIGTERM, signal.SIGINT)


class Supervisor:
    """Runs `work` in a child for as long as it takes. `work` is called in a fresh fork and should not return early."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._child = 0
        self._stopping = False
        self._woken = threading.Event()

    def run(self) -> int:
        """Supervise until the end; returns the exit code: 0 stopped, 1 given up, 2 asked wrongly."""
        for number in PASSED_ON:
            signal.signal(number, self._pass_on)
        gc.freeze()  # what is imported stays: the collectors of the children need not walk, and so copy, it
        short_lives = 0
        while not self._stopping:
            began = time.monotonic()
            code = self._one_life()
            if code == ASKED_WRONGLY:
                return code
            if code == 0 or self._stopping:
                break
            short_lives = short_lives + 1 if time.monotonic() - began < SHORT_LIFE_S else 0
            log.error("the worker ended with %d; starting it anew (%d short lives in a row)", code, short_lives)
            if short_lives >= SHORT_LIVES_MAX:
                log.critical("the worker cannot live: its log above says why; mend that and start again")
                return 1
            if short_lives > AT_ONCE_MAX:
                self._woken.wait(min(PAUSE_MAX_S, PAUSE_MIN_S * 2 ** (short_lives - AT_ONCE_MAX - 1)))
        return 0

    def _one_life(self) -> int:
        """Fork, wait; the exit code of the child, minus the signal where one killed it."""
        alive, kept = os.pipe()  # the kernel closes `kept` when the parent dies, by kill -9 too
        child = os.fork()
        if child == 0:
            os.close(kept)
            self._be_child(alive)
        self._child = child
        os.close(alive)
        if self._stopping:  # the signal came between the fork and now
            os.kill(child, signal.SIGTERM)
        _, status = os.waitpid(child, 0)
        self._child = 0
        os.close(kept)
        return os.waitstatus_to_exitcode(status)

    def _be_child(self, alive: int) -> NoReturn:
        code = 1
        try:
            for number in PASSED_ON:
                signal.signal(number, signal.SIG_DFL)
            threading.Thread(target=_die_with_parent, args=(alive,), name="parent-watch", daemon=True).start()
            self._work()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
        except Usage as error:
            sys.stderr.write(f"tuodi: {error}\n")
            code = ASKED_WRONGLY
        except BaseException as error:
            log.critical("the worker ended with %s", where_raised(error))
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _pass_on(self, number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        self._woken.set()
        if self._child:
            os.kill(self._child, number)


def _die_with_parent(alive: int) -> None:
    """Blocks until the parent's end of the pipe is closed; two workers under one name must not live side by side."""
    os.read(alive, 1)
    os.kill(os.getpid(), signal.SIGKILL)
