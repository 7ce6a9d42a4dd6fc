"""Fetch sessions: what goes over the wire, and that every doubt makes the next request a full one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import RequestTimedOutError
from aiokafka.protocol.fetch import FetchRequest, FetchRequest_v4, FetchRequest_v11
from hypothesis import given
from hypothesis import strategies as st

from workers.log.kafka_fetch import FetchSession, Positions, SessionRequest, _SessionClient

SIZE = 1_000
SESSION_ID = 77


def whole(wanted: dict[tuple[str, int], int]) -> FetchRequest:
    topics: dict[str, list[tuple[int, int, int]]] = {}
    for (topic, partition), offset in wanted.items():
        topics.setdefault(topic, []).append((partition, offset, SIZE))
    return FetchRequest(250, 1, 10_000, 1, list(topics.items()))


def answer(session_id: int = SESSION_ID, error_code: int = 0) -> Any:
    return SimpleNamespace(API_VERSION=11, error_code=error_code, session_id=session_id, topics=[])


def listed(built: Any) -> Positions:
    return {(topic, part[0]): (part[2], part[4]) for topic, parts in built.topics for part in parts}


def forgotten(built: Any) -> set[tuple[str, int]]:
    return {(topic, partition) for topic, partitions in built.forgotten_topics_data for partition in partitions}


class Broker:
    """The broker's half of KIP-227: what it holds for the session after each request."""

    def __init__(self) -> None:
        self.epoch, self.held = 0, Positions()

    def takes(self, built: Any) -> bool:
        """False = an error of the session, which leaves nothing to the client but a full request."""
        if built.session_epoch == 0:
            self.held, self.epoch = listed(built), 1
            return True
        if (built.session_id, built.session_epoch) != (SESSION_ID, self.epoch):
            return False
        self.held |= listed(built)
        for place in forgotten(built):
            del self.held[place]
        self.epoch += 1
        return True


places = st.tuples(st.sampled_from(["feed", "journal"]), st.integers(0, 3))
rounds = st.tuples(st.dictionaries(places, st.integers(0, 5)), st.sampled_from(["good", "lost", "evicted", "refused"]))


@given(st.lists(rounds, max_size=25))
def test_the_broker_always_holds_what_the_client_wants(steps: list[tuple[dict[tuple[str, int], int], str]]) -> None:
    session, broker = FetchSession(), Broker()
    for wanted, fate in steps:
        if fate == "evicted":
            broker.epoch = -5
        sent = session.next(whole(wanted))
        known = broker.takes(sent.build(FetchRequest_v11))
        if known:
            assert broker.held == {place: (offset, SIZE) for place, offset in wanted.items()}
        if fate == "lost":
            session.forget()
        elif fate == "refused":  # the broker has no room for another session
            session.took(sent, answer(session_id=0))
        else:
            session.took(sent, answer(error_code=0 if known else 71))
    last = session.next(whole({("feed", 0): 9}))
    assert broker.takes(last.build(FetchRequest_v11))


def test_only_what_changed_is_sent_and_everything_stays_named() -> None:
    session = FetchSession()
    first = session.next(whole({("feed", 0): 1, ("feed", 1): 1}))
    session.took(first, answer())
    second = session.next(whole({("feed", 0): 2, ("feed", 1): 1}))
    assert listed(second.build(FetchRequest_v11)) == {("feed", 0): (2, SIZE)}
    assert second.topics == [("feed", [(0, 2, SIZE), (1, 1, SIZE)])]  # the fetcher looks its offsets up here


def test_a_broker_without_sessions_gets_the_full_request() -> None:
    sent = FetchSession().next(whole({("feed", 0): 1}))
    assert sent.build(FetchRequest_v4).topics == [("feed", [(0, 1, SIZE)])]


async def test_a_lost_answer_forgets_the_session_and_other_requests_pass() -> None:
    sent: list[Any] = []

    class Client:
        cluster = None
        fail = False

        async def send(self, node_id: int, request: Any) -> Any:
            sent.append(request)
            if self.fail:
                raise RequestTimedOutError
            return answer()

    bare = Client()
    client = _SessionClient(bare)
    await client.send(1, whole({("feed", 0): 1}))
    await client.send(1, whole({("feed", 0): 1}))
    bare.fail = True
    with pytest.raises(RequestTimedOutError):
        await client.send(1, whole({("feed", 0): 1}))
    bare.fail = False
    await client.send(1, whole({("feed", 0): 1}))
    assert [request.epoch for request in sent if isinstance(request, SessionRequest)] == [0, 1, 2, 0]
    await client.send(1, "an offset request")
    assert sent[-1] == "an offset request"
