"""Consumer groups of the memory log: seats, rounds, static members, session time-outs.

As on Kafka's classic eager protocol: a round begins when somebody comes, goes or is given up; everybody gives back all
partitions, then all are dealt anew, round robin. A static member that comes back within its session takes its old seat
without a round.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from workers.log.port import TopicPartition

if TYPE_CHECKING:
    from workers.log.memory_member import MemoryMember

Assignment = frozenset[TopicPartition]


class Seat:
    """A place in the group; `holder` is None while its static member is away."""

    def __init__(self, name: str, topics: Sequence[str], session_timeout_ms: int, holder: MemoryMember) -> None:
        self.name, self.topics, self.session_timeout_ms = name, tuple(topics), session_timeout_ms
        self.holder: MemoryMember | None = holder
        self.assignment: Assignment = frozenset()
        self.expiry: asyncio.TimerHandle | None = None


class Round:
    """One rebalance: who has joined so far, and its outcome (None: another round took its place)."""

    def __init__(self) -> None:
        self.joined: set[str] = set()
        self.outcome: asyncio.Future[dict[str, Assignment] | None] = asyncio.get_running_loop().create_future()


class MemoryGroup:
    """One group. All methods but `Round.outcome` are synchronous: a group has no partial states."""

    def __init__(self, partitions_of: Callable[[str], list[TopicPartition]]) -> None:
        self._partitions_of = partitions_of
        self._seats: dict[str, Seat] = {}
        self.round: Round | None = None
        self.settled = False

    def enter(
        self, name: str, topics: Sequence[str], session_timeout_ms: int, member: MemoryMember
    ) -> tuple[Seat, Assignment | None]:
        """Take a seat. An assignment at once (static member, nothing changed), or None: a round has begun."""
        seat = self._seats.get(name)
        if seat is None:
            seat = self._seats[name] = Seat(name, topics, session_timeout_ms, member)
            self.begin_round()
            return seat, None
        self.keep(seat)
        former, seat.holder = seat.holder, member
        if former is not None and former is not member:
            former.oust()
        if self.settled and seat.topics == tuple(topics):
            return seat, seat.assignment
        seat.topics = tuple(topics)
        self.begin_round()
        return seat, None

    def begin_round(self) -> None:
        """Everybody has to join again."""
        former, self.round = self.round, Round()
        self.settled = False
        if former is not None and not former.outcome.done():
            former.outcome.set_result(None)
        for seat in self._seats.values():
            if seat.holder is not None:
                seat.holder.wake()

    def join(self, seat: Seat) -> Round:
        """The seat's holder has given everything back and waits for the cards."""
        if self.round is None:
            self.begin_round()
        current = self.round
        if current is None:  # narrowed for the type checker: begin_round has just set it
            raise AssertionError("a group without a round")
        current.joined.add(seat.name)
        self._try_deal()
        return current

    def holds(self, seat: Seat) -> bool:
        """Whether this seat still belongs to the group."""
        return self._seats.get(seat.name) is seat

    def leave(self, seat: Seat) -> None:
        """The seat is given up now (a dynamic member that closes, or a session that ran out)."""
        self.keep(seat)
        if self._seats.pop(seat.name, None) is None:
            return
        if self.settled or self.round is None:
            self.begin_round()
        else:
            self._try_deal()

    def lose_sight(self, seat: Seat) -> None:
        """No heartbeat from this seat any more: it is given up when its session has run out."""
        self.keep(seat)
        loop = asyncio.get_running_loop()
        seat.expiry = loop.call_later(seat.session_timeout_ms / 1000, self.leave, seat)

    def keep(self, seat: Seat) -> None:
        """A sign of life: the session does not run out."""
        if seat.expiry is not None:
            seat.expiry.cancel()
            seat.expiry = None

    def _try_deal(self) -> None:
        current = self.round
        if current is None or current.outcome.done() or not self._seats or current.joined < self._seats.keys():
            return
        dealt = self._deal()
        for name, seat in self._seats.items():
            seat.assignment = dealt[name]
        self.settled = True
        current.outcome.set_result(dealt)

    def _deal(self) -> dict[str, Assignment]:
        """Round robin over sorted partitions and sorted seats, each partition to a seat that subscribed its topic."""
        names = sorted(self._seats)
        topics = sorted({topic for seat in self._seats.values() for topic in seat.topics})
        hands: dict[str, list[TopicPartition]] = {name: [] for name in names}
        turn = 0
        for partition in (p for topic in topics for p in self._partitions_of(topic)):
            while partition.topic not in self._seats[names[turn % len(names)]].topics:
                turn += 1
            hands[names[turn % len(names)]].append(partition)
            turn += 1
        return {name: frozenset(hand) for name, hand in hands.items()}
