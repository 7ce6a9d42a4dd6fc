"""`tuodi replay`: what would be decided, without a broker."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(replay)
    app.command()(recompute)


def recompute(
    key: Annotated[str, typer.Argument(help="person_key (see `tuodi person-key`)")],
    journal: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="the journal, from `tuodi export`")],
    json_: Annotated[bool, typer.Option("--json", help="one JSON object: person_key → state (docs/replay.md)")] = False,
) -> None:
    """Compute one person's history anew from the journal, as if no year had been closed: the ground of a task.

    Records of other keys of the person (merged, split) are taken in. Nothing is written.
    Exit codes: 0 computed, 1 the journal knows nothing of the person, 2 asked wrongly.
    """
    from workers.replay.recompute import recompute as compute
    from workers.replay.recompute import shown
    from workers.settings import settings

    found = compute(journal, settings(), key)
    if json_:
        import json

        typer.echo(
            json.dumps({name: state.model_dump() for name, state in found.items()}, ensure_ascii=False, indent=2)
        )
    else:
        typer.echo(shown(found))


def replay(
    file: Annotated[Path, typer.Argument(help="feed lines, or an exported journal; - is standard input")],
    json_: Annotated[bool, typer.Option("--json", help="the whole final state as one object (docs/replay.md)")] = False,
    figures: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="outside figures (TOML or JSON) to adopt with the law"),
    ] = None,
    rulebooks: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="folder of rulebooks instead of the shipped ones")
    ] = None,
    decisions: Annotated[
        Path | None, typer.Option(help="write every decision here, one JSON object a line, as committed live")
    ] = None,
    traces: Annotated[
        Path | None, typer.Option(help="write every decision explained in full here, one JSON object a line")
    ] = None,
    adopt: Annotated[
        bool, typer.Option(help="adopt the law before the first line (never where the file holds an adoption line)")
    ] = True,
) -> None:
    """Run a file through the code of intake and ledger and print the final state; nothing is written to any broker.

    Without a key file (TUODI_PERSON_KEY_FILE) the well-known development key makes the person keys; stderr says so.
    The format of a line and of the answer: docs/replay.md; of an explained decision: docs/trace.md.
    Exit codes: 0 replayed, 1 the ledger stopped (an exported journal that this engine would not have written), 2 asked
    wrongly.
    """
    from workers.progress import ProgressLine
    from workers.replay.run import replay_file, replayable, summary
    from workers.settings import settings

    with replayable(file, sys.stdin.buffer) as lines:
        result = replay_file(
            lines, settings(), figures=figures, rulebooks=rulebooks, decisions=decisions,
            traces=traces, adopt=adopt, progress=ProgressLine("replay, lines"), name=str(file),
        )  # fmt: skip
    typer.echo(result.model_dump_json(indent=2) if json_ else summary(result))
