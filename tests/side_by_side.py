"""Which tests share a process where several run side by side (`pytest -n 2 --dist loadgroup`).

Those with a broker stay together: one broker, and nobody else's kill -9 beside it. All others stay with their file,
whose fixtures are made once (a county year takes half a minute).

The groups are told from a test's place alone, by a scheduler of our own: pytest-xdist 3.8 writes its groups into a
field that pytest 9.2 no longer reads, and then groups nothing without a word (pytest-xdist issue 1386).
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

BROKER = "broker"
BROKER_PLACES = ("tests/broker/", "tests/chaos/", "tests/contract/test_log_")


def group_of(nodeid: str) -> str:
    """The group of a test: tests of one group run in one process, in their order."""
    file = nodeid.partition("::")[0]
    return BROKER if file.startswith(BROKER_PLACES) else file


class ByGroup(LoadScopeScheduling):
    """Hands out whole groups, the largest first."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
