"""`tuodi dlq list|show|replay`, `tuodi conformance FILE|URL`, `tuodi dictionaries import`."""

from __future__ import annotations

from pathlib import Path
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
    dictionaries = typer.Typer(
        name="dictionaries", help="Codes of the platform by region and version.", no_args_is_help=True
    )
    dictionaries.command("import", help=_IMPORT)(import_)
    app.add_typer(dictionaries)


_CONFORMANCE = """Try a vendor's own messages (a file), or a running gateway with a vendor's own credentials (a URL).

FILE: line by line, whether a message would be taken, and what to mend. A line is one message as it would be published:
in the platform's shape (infno, setlinfo …, docs/integrate/platform.md) or in ours, alone or inside {"topic": …,
"key": …, "value": …}. Nothing is sent anywhere, nothing of a person is shown.

URL: the acceptance list of docs/integrate/hospital.md, one line a check. Only for the test hospital and region that are
named; settles nothing unless --write, and then cancels what it settled. --dry-run shows the list and sends nothing.

Exit codes: 0 all taken or passed, 1 some not, 2 the file cannot be read or the options do not fit.

Examples: tuodi conformance messages.ndjson

tuodi conformance https://gateway.test --hospital H52270100001 --region 520000 --bill bill.json --key-id K --key-file K
"""


def conformance(
    file: Annotated[
        str, typer.Argument(metavar="FILE|URL", help="one message a line (- is standard input), or http(s)://…")
    ],
    hospital: Annotated[str | None, typer.Option(help="URL: code of the test hospital you are")] = None,
    region: Annotated[str | None, typer.Option(help="URL: the platform that issues its settlement numbers")] = None,
    bill: Annotated[Path | None, typer.Option(help="URL: your sample settlement.final, first line of a file")] = None,
    key_id: Annotated[str | None, typer.Option(help="URL: your keyid")] = None,
    key_file: Annotated[Path | None, typer.Option(help="URL: file with your secret (hex, one line)")] = None,
    certificate: Annotated[Path | None, typer.Option(help="URL: your client certificate (PEM)")] = None,
    certificate_key: Annotated[Path | None, typer.Option(help="URL: its key (PEM)")] = None,
    authorities: Annotated[
        Path | None, typer.Option(help="URL: authorities of the gateway's certificate (PEM)")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="URL: also settle, repeat and cancel the sample bill")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="URL: show the checks, send nothing")] = False,
    json: JsonOption = False,
) -> None:
    if file.startswith(("http://", "https://")):
        from workers.client.acceptance_run import Asked
        from workers.client.acceptance_run import report as run_list

        asked = Asked(
            file, hospital, region, bill, key_id, key_file, certificate, certificate_key, authorities,
            write, dry_run, json,
        )  # fmt: skip
        if run_list(asked):
            raise typer.Exit(1)
        return
    from workers.intake.conformance_run import report
    from workers.settings import settings

    if report(settings(), file, as_json=json):
        raise typer.Exit(1)


_IMPORT = """Make the next version of a region's dictionary from the 1901 download; the difference is shown first.

FILE is the answer of 1901 as JSON (output.list with type, value, label, vali_flag) or a CSV with these columns.
`+` codes get a meaning by themselves (insurance kinds; identities named as the measure names them) or by --meanings,
a TOML file with a table for each field: in med_type, "28" = "inpatient". `?` codes have none and stay refused. `-`
codes are ours and not in the download: they are kept. The new file is in force when the region's profile names it.
Exit codes: 0 every code has a meaning, 1 some have none yet, 2 asked wrongly.

Example: tuodi dictionaries import 1901.json --region qiannan --dry-run
"""


def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="the download, JSON or CSV")],
    region: Annotated[str, typer.Option(help="name of the region's profile, such as qiannan")],
    meanings: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="what codes mean, TOML: field, code, meaning")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show the difference and write nothing")] = False,
    json: JsonOption = False,
) -> None:
    from workers.intake.dictionaries_run import import_download
    from workers.settings import settings

    if import_download(settings(), file, region, meanings, dry_run=dry_run, as_json=json):
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
