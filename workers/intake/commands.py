"""`tuodi dlq list|show|replay`."""

from __future__ import annotations

from typing import Annotated

import typer

FeedOption = Annotated[str | None, typer.Option(help="only this feed, by its short name (settlement.reported)")]
ReasonOption = Annotated[str | None, typer.Option(help="only this reason (schemas.reasons.RejectReason)")]
JsonOption = Annotated[bool, typer.Option("--json", help="one JSON object a line")]
DevKeys = Annotated[bool, typer.Option("--dev-keys", help="allow the well-known development keys")]


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    dlq = typer.Typer(
        name="dlq", help="Dead letters: what intake refused, why, and sending it again.", no_args_is_help=True
    )
    dlq.command("list")(list_)
    dlq.command()(show)
    dlq.command()(replay)
    app.add_typer(dlq)
    app.command(help=_CONFORMANCE)(conformance)


_CONFORMANCE = """Say of a vendor's own messages, line by line, whether they would be taken, and what to mend.

A line is one message as it would be published: in the platform's shape (infno, setlinfo …, docs/integrate/platform.md)
or in ours, alone or inside {"topic": …, "key": …, "value": …}. Nothing is sent anywhere, nothing of a person is shown.
Exit codes: 0 all would be taken, 1 some would not, 2 the file cannot be read.

Example: tuodi conformance messages.ndjson
"""


def conformance(
    file: Annotated[str, typer.Argument(help="file with one message a line; - is standard input")],
    json: JsonOption = False,
) -> None:
    from workers.intake.conformance_run import report
    from workers.settings import settings

    if report(settings(), file, as_json=json):
        raise typer.Exit(1)


def list_(feed: FeedOption = None, reason: ReasonOption = None, json: JsonOption = False) -> None:
    """List dead letters with reason, field and place; nothing of the originals is shown."""
    from workers.intake.dlq_run import show_list
    from workers.settings import settings

    show_list(settings(), feed, reason, as_json=json)


def show(
    letter_id: Annotated[str, typer.Argument(help="dlq_id, as `dlq list` shows it")],
    open_: Annotated[
        bool, typer.Option("--open", help="decrypt and write the original bytes to stdout; may hold a person's data")
    ] = False,
    dev_keys: DevKeys = False,
) -> None:
    """Show one dead letter: its headers, and with --open and the key file (TUODI_DEAD_LETTER_KEY_FILE) its bytes.

    Exit codes: 0 shown, 2 no such letter or another key.
    """
    from workers.intake.dlq_run import show_one
    from workers.settings import settings

    show_one(settings(), letter_id, open_=open_, dev_keys=dev_keys)


def replay(
    letter_id: Annotated[str | None, typer.Argument(help="one dlq_id; default: all that the options choose")] = None,
    feed: FeedOption = None,
    reason: ReasonOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be sent, send nothing")] = False,
    dev_keys: DevKeys = False,
) -> None:
    """Send dead letters to their feeds again, as they came, marked dlq_replayed_at.

    Do it when the reason is gone: a new dictionary, a mended program. What is still wrong becomes a dead letter again,
    with a new id. Exit codes: 0 sent, 2 nothing chosen or another key.
    """
    from workers.intake.dlq_run import send
    from workers.settings import settings

    send(settings(), letter_id, feed, reason, dry_run=dry_run, dev_keys=dev_keys)
