"""Writing an order: the task says what it is about, the officer says the rest, the contract checks it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from schemas.codec import feed_model
from workers.errors import Usage
from workers.journal.keys import person_keys
from workers.journal.names import topic_name
from workers.journal.partition import partition_of
from workers.log.kafka import KafkaLog
from workers.office.kinds import OPEN
from workers.office.tasks import Task
from workers.settings import Settings

FEED = "office.ordered"


class Said(NamedTuple):
    """What an officer says on the command line."""

    author: str
    second_signer: str
    document: str
    ordered_on: str
    psn_no: str | None
    region: str | None
    order_id: str | None
    fields: Mapping[str, Any]


def order_of(task: Task, said: Said, settings: Settings, *, dev_keys: bool) -> dict[str, Any]:
    """The order for a task. Usage names what is missing, wrong, or whose number is another person's."""
    if task.closed is not None:
        raise Usage(f"task {task.task_id} is over: an order for it would be answered stale")
    if said.author == said.second_signer:
        raise Usage("an order has two signers: --author and --second-signer are one")
    value = task.order | {name: value for name, value in said.fields.items() if value is not None}
    if "found" in said.fields or said.fields.get("kind") not in (None, task.order["kind"]):
        value.pop("decision", None) if "decision" not in said.fields else None
    value |= {"author": said.author, "second_signer": said.second_signer, "document": said.document}
    value["ordered_on"] = said.ordered_on
    if said.region is not None:
        value["region"] = said.region
    if "psn_no" in value:
        value["psn_no"] = said.psn_no or OPEN
    left = sorted(name for name, each in value.items() if name != "order_id" and _is_open(each))
    if left:
        raise Usage(f"still open: {', '.join(left)}. See `tuodi order new --help` and docs/clerks/orders.md")
    if "psn_no" in value:
        _same_person(task, value, settings, dev_keys=dev_keys)
    value["order_id"] = said.order_id or own_id(value)
    return checked(value)


def line(value: Mapping[str, Any]) -> str:
    """The order as a line that `tuodi replay` and `tuodi feed` read."""
    return orjson.dumps({"topic": FEED, "key": _key(value), "value": value}).decode()


async def send(settings: Settings, value: Mapping[str, Any]) -> None:
    """Publish the order to its feed."""
    log = KafkaLog(settings.cluster)
    try:
        producer = await log.producer(client_id=f"{settings.topic_prefix}-office")
        try:
            key = _key(value)
            partition = partition_of(key, settings.partitions)
            producer.append(topic_name(settings, FEED), partition, key.encode(), orjson.dumps(value), [])
            await producer.flush(deadline_ms=settings.commit_deadline_ms)
        finally:
            await producer.close()
    finally:
        await log.close()


def send_now(settings: Settings, value: Mapping[str, Any]) -> None:
    asyncio.run(send(settings, value))


def _key(value: Mapping[str, Any]) -> str:
    return str(value.get("psn_no") or value["order_id"])


def _is_open(value: Any) -> bool:
    return value == OPEN or (isinstance(value, Mapping) and any(map(_is_open, value.values())))


def _same_person(task: Task, value: Mapping[str, Any], settings: Settings, *, dev_keys: bool) -> None:
    allowed = dev_keys or settings.person_key_file is None
    key = person_keys(settings, dev_keys=allowed).person_key(value["region"], value["psn_no"])
    if key != task.person_key:
        raise Usage("--psn-no is not the number of the person this task is about; nothing was written")


def own_id(value: Mapping[str, Any]) -> str:
    """The same order said twice has the same number, and is answered `repeat`."""
    said = {name: each for name, each in value.items() if name != "order_id"}
    return "O-" + sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:24]


def checked(value: dict[str, Any]) -> dict[str, Any]:
    try:
        feed_model(FEED, FEED, 1).validate_json(orjson.dumps(value))
    except ValidationError as error:
        told = [
            f"{'.'.join(map(str, found['loc'])) or 'order'}: {found['msg']}"
            for found in error.errors(include_input=False, include_url=False)
        ]
        raise Usage("the order does not fit the contract: " + "; ".join(told)) from None
    return value
