"""`tuodi tasks`, `tuodi order new|list`: what waits for people, and what people ordered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Database = Annotated[Path | None, typer.Option(help="the read model; default TUODI_DATABASE")]
Json = Annotated[bool, typer.Option("--json", help="one JSON object on stdout")]
PersonKey = Annotated[str | None, typer.Option("--person", help="only this person_key (see `tuodi person-key`)")]


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(tasks)
    order = typer.Typer(
        name="order", help="Office orders (经办决定): write one for a task, or read the book of orders.",
        no_args_is_help=True,
    )  # fmt: skip
    order.command("new")(new)
    order.command("list")(list_)
    app.add_typer(order)


def tasks(
    kind: Annotated[str | None, typer.Option(help="only this kind, such as recovery")] = None,
    person: PersonKey = None,
    all_: Annotated[bool, typer.Option("--all", help="closed ones too")] = False,
    database: Database = None,
    json_: Json = False,
) -> None:
    """List what waits for people: what it is about, who ends it, and (--json) the order to send.

    Reads the read model that `tuodi history` keeps. Exit codes: 0 shown (also where nothing waits), 2 asked wrongly.
    """
    import orjson

    from workers.office.tasks import page
    from workers.office.tasks import tasks as found_tasks
    from workers.settings import settings

    found = found_tasks(database or settings().database, kind, person, closed=all_)
    if json_:
        told = {"tasks": [each.told() for each in found]}
        typer.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())
    else:
        typer.echo(page(found))


def new(
    author: Annotated[str, typer.Option(help="your officer's number, never a name")],
    second_signer: Annotated[str, typer.Option(help="number of the second officer: another one")],
    document: Annotated[str, typer.Option(help="number of the document the order rests on")],
    ordered_on: Annotated[str, typer.Option(help="day of the order, YYYY-MM-DD")],
    task_id: Annotated[str | None, typer.Argument(help="task, as `tuodi tasks` shows it; none with --mode")] = None,
    psn_no: Annotated[str | None, typer.Option(help="the person's number; checked against the task")] = None,
    region: Annotated[str | None, typer.Option(help="region of the number, where the task does not say it")] = None,
    approval: Annotated[str | None, typer.Option(help="approved | refused | waived")] = None,
    amount: Annotated[list[str] | None, typer.Option(help="layer=yuan, such as ordinary=700.00; repeatable")] = None,
    found: Annotated[list[str] | None, typer.Option(help="fact=value that people found; repeatable")] = None,
    keep: Annotated[str | None, typer.Option(help="conflict: kept | rival, or the digest to keep")] = None,
    proof: Annotated[bool | None, typer.Option("--proof/--no-proof", help="not assisted elsewhere is proved")] = None,
    setl_id: Annotated[str | None, typer.Option(help="the bill that an objection corrects")] = None,
    result: Annotated[str | None, typer.Option(help="what another office answered: recognised, helped …")] = None,
    mode: Annotated[str | None, typer.Option(help="without a task: live | shadow, for --region")] = None,
    first_day: Annotated[str | None, typer.Option(help="with --mode: first day of bills it takes in")] = None,
    counted_by: Annotated[str | None, typer.Option(help="with --mode: benefit_date (default) | settled_on")] = None,
    county: Annotated[str | None, typer.Option(help="with --mode: only this county of the region")] = None,
    order_id: Annotated[str | None, typer.Option(help="number of the order; default: made from its content")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="print the order, write nothing")] = False,
    dev_keys: Annotated[bool, typer.Option("--dev-keys", help="allow the well-known development keys")] = False,
    database: Database = None,
) -> None:
    """Write the order that ends a task into the feed `office.ordered`; --dry-run prints it instead.

    An order about a region's mode ends no task: tuodi order new --mode live --region 520000 --first-day 2024-01-01 …

    The line that is printed can also be read by `tuodi replay` and `tuodi feed`. What came of it: `tuodi order list`.

    Exit codes: 0 written (or printed), 1 the broker did not take it, 2 something is missing or wrong: nothing written.
    """
    from workers.errors import Usage
    from workers.office.region import mode_order
    from workers.office.said import fields
    from workers.office.tasks import task as one_task
    from workers.office.write import Said, line, order_of, send_now
    from workers.settings import settings

    config = settings()
    if (task_id is None) == (mode is None):
        raise Usage("name a task (`tuodi tasks`), or --mode with --region for an order about a region: one of the two")
    if task_id is None:
        signed = {"author": author, "second_signer": second_signer, "document": document, "ordered_on": ordered_on}
        place = {"region": region, "county": county, "order_id": order_id}
        value = mode_order({"mode": mode, "first_day": first_day, "counted_by": counted_by, **place, **signed})
    else:
        task = one_task(database or config.database, task_id)
        says = fields(task, approval, amount or [], found or [], keep, proof, setl_id, result)
        said = Said(author, second_signer, document, ordered_on, psn_no, region, order_id, says)
        value = order_of(task, said, config, dev_keys=dev_keys)
    if not dry_run:
        send_now(config, value)
    typer.echo(line(value))
    typer.echo("nothing was written (--dry-run)" if dry_run else "written to the feed office.ordered", err=True)


def list_(
    person: PersonKey = None,
    officer: Annotated[str | None, typer.Option(help="number of an author or second signer")] = None,
    database: Database = None,
    json_: Json = False,
) -> None:
    """The book of orders: author, second signer, document, and what came of each (applied, stale, no effect).

    Exit codes: 0 shown, 2 asked wrongly.
    """
    import orjson

    from workers.office.orders import orders, page
    from workers.settings import settings

    found = orders(database or settings().database, person, officer)
    typer.echo(orjson.dumps({"orders": found}, option=orjson.OPT_INDENT_2).decode() if json_ else page(found))
