"""`tuodi topics`: the registry against a cluster."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from workers.log.topics import Step
    from workers.topics.apply import Plan
    from workers.topics.hanging import Hanging

Json = Annotated[bool, typer.Option("--json", help="one JSON object on stdout")]

topics = typer.Typer(
    no_args_is_help=True,
    help="Topics of the registry (schemas/topics.py) on the cluster that TUODI_BOOTSTRAP names.",
)


def register(app: typer.Typer) -> None:
    """Add `tuodi topics`."""
    app.add_typer(topics, name="topics")


@topics.command()
def plan(as_json: Json = False) -> None:
    """Show what `apply` would do; writes nothing.

    Exit codes: 0 everything is as it should be, 1 there is something to do or to refuse, 2 asked wrongly.
    """
    from workers.settings import settings
    from workers.topics.apply import make_plan

    found = asyncio.run(make_plan(settings()))
    if as_json:
        typer.echo(json.dumps(_as_object(found), ensure_ascii=False))
    else:
        typer.echo("\n".join(_lines(found)) or "every topic is as it should be, the journal is open")
    raise typer.Exit(0 if found.empty else 1)


@topics.command()
def apply(
    allow_forgetting: Annotated[
        bool, typer.Option("--allow-forgetting", help="let changes pass that make the broker remove records")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="the same as `tuodi topics plan`")] = False,
    as_json: Json = False,
) -> None:
    """Create and alter topics, open the journal once. Can be repeated, also after an interruption.

    Never deletes a topic and never changes a partition count. Exit codes: 0 done, 1 failed (the broker is away, journal
    and changelog do not belong together), 2 refused before anything was written.
    """
    if dry_run:
        plan(as_json)
        return
    from workers.settings import settings
    from workers.topics.apply import apply as carry_out

    incarnation = asyncio.run(
        carry_out(settings(), allow_forgetting=allow_forgetting, say=lambda line: typer.echo(line, err=True))
    )
    if as_json:
        typer.echo(json.dumps({"incarnation": incarnation}))


@topics.command()
def hanging(as_json: Json = False) -> None:
    """List transactions of the ledger that the broker will never end, and how each must end; writes nothing.

    Readers of committed records do not pass them: a partition stands, and says so. See docs/hanging.md.
    Exit codes: 0 nothing hangs, 1 something does (or the broker is away), 2 asked wrongly.
    """
    from workers.settings import settings
    from workers.topics.mend import line, look

    found = asyncio.run(look(settings()))
    if as_json:
        typer.echo(json.dumps([_hanging_object(each) for each in found], ensure_ascii=False))
    else:
        typer.echo("\n".join(line(each) for each in found) or "nothing hangs")
    raise typer.Exit(1 if found else 0)


@topics.command()
def mend(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="the same as `tuodi topics hanging`")] = False,
    as_json: Json = False,
) -> None:
    """End what hangs, by commit or abort, so that outputs, state and position agree; all ledger workers must be down.

    Fences the partitions concerned, judges each place by what can be seen of its batch, writes the markers (outputs
    first, the changelog last), looks again. Can be repeated. What cannot be judged is left alone and named.
    Exit codes: 0 nothing hangs any more, 1 something does (or the broker is away), 2 workers are still in the group.
    """
    if dry_run:
        hanging(as_json)
        return
    from workers.settings import settings
    from workers.topics.mend import line
    from workers.topics.mend import mend as carry_out

    ended, left = asyncio.run(carry_out(settings(), say=lambda told: typer.echo(told, err=True)))
    if as_json:
        both = {"ended": ended, "left": left}
        typer.echo(json.dumps({name: [_hanging_object(each) for each in found] for name, found in both.items()}))
    else:
        typer.echo("\n".join(line(each) for each in left) or f"{len(ended)} ended, nothing hangs")
    raise typer.Exit(1 if left else 0)


def _hanging_object(each: Hanging) -> dict[str, Any]:
    return {
        "topic": each.open.place.topic,
        "partition": each.open.place.partition,
        "start_offset": each.open.start_offset,
        "producer_id": each.open.producer_id,
        "ledger": each.owner,
        "end": each.end.value,
        "why": each.why,
    }


def _lines(found: Plan) -> list[str]:
    lines = [line for step in found.steps for line in _step_lines(step)]
    if found.open_journal:
        lines.append("open    the journal: journal.opened and !position in every partition, in one transaction")
    return lines


def _step_lines(step: Step) -> list[str]:
    from workers.log.topics import Create, Refuse

    if isinstance(step, Create):
        settings = ", ".join(f"{name}={value}" for name, value in sorted(step.spec.config.items()))
        return [f"create  {step.spec.name} ({step.spec.partitions} partitions; {settings})"]
    if isinstance(step, Refuse):
        return [f"refuse  {step.name} {step.why}"]
    return [
        f"alter   {step.spec.name} {name}: {_shown(old)} → {_shown(new)}"
        + ("  (removes records)" if name in step.forgets else "")
        for name, (old, new) in step.changes.items()
    ]


def _shown(value: str | None) -> str:
    return "(broker's default)" if value is None else value


def _as_object(found: Plan) -> dict[str, Any]:
    from workers.log.topics import Alter, Create

    return {
        "create": [step.spec.name for step in found.steps if isinstance(step, Create)],
        "alter": {
            step.spec.name: {name: {"from": old, "to": new} for name, (old, new) in step.changes.items()}
            for step in found.steps
            if isinstance(step, Alter)
        },
        "refuse": {refusal.name: refusal.why for refusal in found.refusals},
        "forgets": found.forgets,
        "open_journal": found.open_journal,
    }
