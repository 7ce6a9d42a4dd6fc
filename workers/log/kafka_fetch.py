"""Incremental fetch sessions (KIP-227) for the client, which lists every partition in every fetch.

Intake reads 72 partitions of which two or three move at a time. Shipped, each fetch and its answer name all of them: a
third of a worker's CPU at 500 events/s. In a session the broker remembers the partitions and positions it was told;
a request names what changed since, the answer what has something new. The client's fetcher stays as it is: only what
goes over the wire is shortened here, and whatever is in doubt is answered by forgetting the session, which makes the
next request a full one.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.protocol.fetch import FetchRequest

_NEW_SESSION = 0
"""Epoch 0 asks for a new session and lists everything; the first request inside it has epoch 1."""
_EPOCH_MAX = 2**31 - 1
_VERSION_MIN = 7
"""Fetch requests know sessions from version 7 on (Apache Kafka 1.1)."""

Positions = dict[tuple[str, int], tuple[int, int]]
"""(topic, partition) → (fetch offset, bytes at most)."""


class SessionRequest(FetchRequest):  # type: ignore[misc]
    """A fetch of which only the difference to its session is sent; `topics` still names all that is fetched."""

    def __init__(self, whole: FetchRequest, session_id: int, epoch: int, known: Positions) -> None:
        self.__dict__.update(whole.__dict__)
        self._topics: list[tuple[str, list[tuple[int, int, int]]]] = whole.topics
        self.session_id, self.epoch = session_id, epoch
        self.wanted: Positions = {
            (topic, partition): (offset, size) for topic, parts in whole.topics for partition, offset, size in parts
        }
        self._known = known

    def build(self, request_struct_class: Any) -> Any:
        if request_struct_class.API_VERSION < _VERSION_MIN:
            return super().build(request_struct_class)
        changed, forgotten = defaultdict(list), defaultdict(list)
        for place, (offset, size) in self.wanted.items():
            if self._known.get(place) != (offset, size):
                changed[place[0]].append((place[1], offset, size))
        for topic, partition in self._known.keys() - self.wanted.keys():
            forgotten[topic].append(partition)
        whole, self._topics = self._topics, list(changed.items())
        try:
            built = super().build(request_struct_class)
        finally:
            self._topics = whole
        built.session_id, built.session_epoch = self.session_id, self.epoch
        built.forgotten_topics_data = list(forgotten.items())
        return built


class FetchSession:
    """What one broker remembers of one consumer."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """The next request lists everything and asks for a new session."""
        self._id, self._epoch = 0, _NEW_SESSION
        self._known: Positions = {}

    def next(self, whole: FetchRequest) -> SessionRequest:
        """The request to send in the place of a full one."""
        return SessionRequest(whole, self._id, self._epoch, self._known)

    def took(self, sent: SessionRequest, answer: Any) -> None:
        """Note what the broker now remembers: nothing after an error of the session or where it gives none."""
        if answer.API_VERSION < _VERSION_MIN or answer.error_code != 0 or answer.session_id == 0:
            self.forget()
            return
        self._id, self._known = answer.session_id, sent.wanted
        self._epoch = sent.epoch + 1 if sent.epoch < _EPOCH_MAX else 1


class _SessionClient:
    """The client as its fetcher sees it: fetches go through the session of their broker, all else passes."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.cluster = client.cluster  # asked for every partition of every fetch: not by way of `__getattr__`
        self._sessions: defaultdict[int, FetchSession] = defaultdict(FetchSession)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def send(self, node_id: int, request: Any, **options: Any) -> Any:
        if not isinstance(request, FetchRequest):
            return await self._client.send(node_id, request, **options)
        session = self._sessions[node_id]
        sent = session.next(request)
        try:
            answer = await self._client.send(node_id, sent, **options)
        except BaseException:  # lost or cancelled: whether the broker counted it is not known here
            session.forget()
            raise
        session.took(sent, answer)
        return answer


def use_sessions(consumer: AIOKafkaConsumer) -> None:
    """Let a started consumer fetch in sessions, and look for work only where some broker could be asked for it.

    A broker keeps 1,000 sessions (`max.incremental.fetch.session.cache.slots`); who gets none fetches as before.
    """
    fetcher = consumer._fetcher
    fetcher._client = _SessionClient(fetcher._client)
    all_actions = fetcher._get_actions_per_node

    def actions(assignment: Any) -> Any:
        if all(broker.nodeId in fetcher._in_flight for broker in fetcher._client.cluster.brokers()):
            return [], {}, fetcher._fetcher_timeout, False, []  # every broker has its one request: nothing to decide
        return all_actions(assignment)

    fetcher._get_actions_per_node = actions
