"""`tuodi dlq` on a real log."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence

import orjson
import typer

from schemas.reasons import RejectReason
from workers.errors import Usage
from workers.intake.dlq import Letter, read_letters, send_again
from workers.intake.letters import Sealer
from workers.journal.keys import dead_letter_key
from workers.journal.names import INTAKE_FEEDS
from workers.log.kafka import KafkaLog
from workers.progress import ProgressLine
from workers.settings import Settings


def show_list(settings: Settings, feed: str | None, reason: str | None, *, as_json: bool) -> None:
    """Print the chosen letters, then the number by reason on stderr."""
    letters = asyncio.run(_read(settings, feed, reason))
    for letter in letters:
        if as_json:
            typer.echo(orjson.dumps(letter.about()).decode())
        else:
            place = f"{letter.feed}[{letter.partition}]@{letter.offset}"
            typer.echo(f"{letter.id}  {letter.failed_at}  {place}  {letter.reason}  {letter.field or '-'}")
    by_reason = Counter(letter.reason for letter in letters)
    said = ", ".join(f"{number} {name}" for name, number in by_reason.most_common()) or "none"
    typer.echo(f"dead letters: {said}", err=True)


def show_one(settings: Settings, letter_id: str, *, open_: bool, dev_keys: bool) -> None:
    """Print one letter; its bytes only on request."""
    letter = _one(asyncio.run(_read(settings, None, None)), letter_id)
    if open_:
        original = letter.original(Sealer(dead_letter_key(settings, dev_keys=dev_keys)))
        sys.stdout.buffer.write(original if original is not None else b"")
        return
    texts = {name: value.decode("utf-8", "replace") for name, value in letter.records[0].headers}
    typer.echo(orjson.dumps({**letter.about(), "headers": texts}, option=orjson.OPT_INDENT_2).decode())


def send(
    settings: Settings, letter_id: str | None, feed: str | None, reason: str | None, *, dry_run: bool, dev_keys: bool
) -> None:
    """Send the chosen letters again."""
    letters = asyncio.run(_read(settings, feed, reason))
    chosen = [_one(letters, letter_id)] if letter_id else letters
    ready = [letter for letter in chosen if letter.replayable]
    if not ready:
        raise Usage("nothing to send: no dead letter was chosen, or its key was not an id and cannot be sent again")
    if dry_run:
        typer.echo(f"would send {len(ready)} of {len(chosen)} dead letters again")
        return
    sealer = Sealer(dead_letter_key(settings, dev_keys=dev_keys))
    typer.echo(f"sent {asyncio.run(_send(settings, ready, sealer))} of {len(chosen)} dead letters again")


def _one(letters: Sequence[Letter], letter_id: str) -> Letter:
    for letter in letters:
        if letter.id == letter_id:
            return letter
    raise Usage("no dead letter has this id; tuodi dlq list shows them (they are kept for 90 days)")


async def _read(settings: Settings, feed: str | None, reason: str | None) -> list[Letter]:
    if feed is not None and feed not in INTAKE_FEEDS:
        raise Usage(f"no such feed; feeds are: {', '.join(INTAKE_FEEDS)}")
    if reason is not None and reason not in {known.value for known in RejectReason}:
        raise Usage(f"no such reason; reasons are: {', '.join(known.value for known in RejectReason)}")
    log, progress = KafkaLog(settings.cluster), ProgressLine("dlq, records read")
    try:
        letters = await read_letters(log, settings, [feed] if feed else INTAKE_FEEDS, progress)
    finally:
        progress.end()
        await log.close()
    return [letter for letter in letters if reason is None or letter.reason == reason]


async def _send(settings: Settings, letters: Sequence[Letter], sealer: Sealer) -> int:
    log = KafkaLog(settings.cluster)
    try:
        return await send_again(log, settings, letters, sealer)
    finally:
        await log.close()
