"""Where an error was raised, without what it says: a message may quote the input, and the input holds people's data."""

from __future__ import annotations


def where_raised(error: BaseException) -> str:
    """Class and innermost place, such as `KeyError at fold.py:41`."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else "unknown place"
    return f"{type(error).__name__} at {place}"
