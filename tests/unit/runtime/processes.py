"""Simulated processes in one event loop: every resumption of a coroutine is a place to be killed or stopped.

A process is a context: the tasks it starts, directly or not, belong to it. `kill` is SIGKILL: not one more step runs,
no `finally`, no close. `stop` is SIGSTOP: nothing runs until `go_on`, then it believes what it believed before.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import warnings
from collections.abc import Callable, Coroutine, Generator
from typing import Any

_current: contextvars.ContextVar[Process | None] = contextvars.ContextVar("process", default=None)


class Process:
    """One simulated process."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.steps = 0
        self.dead = False
        self.at_step: dict[int, Callable[[], None]] = {}
        """What happens to this process when it has made so many steps."""
        self._thaw: asyncio.Future[None] | None = None
        self._coroutines: list[Coroutine[Any, Any, Any]] = []

    @staticmethod
    def current() -> Process | None:
        return _current.get()

    def run(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start work as this process."""
        context = contextvars.copy_context()
        context.run(_current.set, self)
        return asyncio.get_running_loop().create_task(work, context=context)

    def kill(self) -> None:
        self.dead = True
        self.go_on()

    def stop(self) -> None:
        if self._thaw is None and not self.dead:
            self._thaw = asyncio.get_running_loop().create_future()

    def go_on(self) -> None:
        thaw, self._thaw = self._thaw, None
        if thaw is not None and not thaw.done():
            thaw.set_result(None)

    @property
    def stopped(self) -> asyncio.Future[None] | None:
        return self._thaw

    def bury(self) -> None:
        """After the simulation: end the coroutines that were cut off, whatever they say to it."""
        for coroutine in self._coroutines:
            with contextlib.suppress(BaseException), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # some were never stepped at all
                coroutine.close()
        self._coroutines.clear()

    def step(self) -> None:
        self.steps += 1
        happening = self.at_step.pop(self.steps, None)
        if happening is not None:
            happening()


class _Stepped(Coroutine[Any, Any, Any]):
    """A coroutine that asks its process before every step."""

    def __init__(self, inner: Coroutine[Any, Any, Any], process: Process) -> None:
        self._inner, self._process = inner, process
        self._later: BaseException | None = None
        process._coroutines.append(inner)

    def send(self, value: Any) -> Any:
        return self._step(None)

    def throw(self, kind: Any, value: Any = None, trace: Any = None) -> Any:
        error = kind if isinstance(kind, BaseException) else (value or kind())
        return self._step(error)

    def close(self) -> None:
        """Garbage: the inner coroutine is buried by its process."""

    def __await__(self) -> Generator[Any, Any, Any]:
        raise AssertionError("tasks step, nobody awaits")

    def _step(self, error: BaseException | None) -> Any:
        self._later = self._later or error
        if not self._process.dead:
            self._process.step()
        if self._process.dead:
            raise StopIteration(None)
        thaw = self._process.stopped
        if thaw is not None:
            waiting = asyncio.get_running_loop().create_future()  # its own: a cancellation must not reach the others
            thaw.add_done_callback(lambda _: None if waiting.done() else waiting.set_result(None))
            waiting._asyncio_future_blocking = True  # what `await` sets; the task waits for it
            return waiting
        pending, self._later = self._later, None
        return self._inner.send(None) if pending is None else self._inner.throw(pending)


def task_factory(loop: asyncio.AbstractEventLoop, work: Any, **how: Any) -> asyncio.Task[Any]:
    """Tasks of a process are stepped by it; all others are ordinary. (Python 3.11 passes `context` in `how`.)"""
    context = how.get("context")
    process = context.get(_current) if context is not None else _current.get()
    if process is not None and asyncio.iscoroutine(work):
        work = _Stepped(work, process)
    return asyncio.Task(work, loop=loop, **how)
