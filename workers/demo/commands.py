"""`tuodi demo`: the main job end to end in two minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command of this room."""
    app.command()(demo)


def demo(
    persons: Annotated[int, typer.Option(min=50, max=20_000, help="insured persons of the simulated county")] = 400,
    seed: Annotated[int, typer.Option(min=0, help="which county year")] = 1,
    directory: Annotated[Path, typer.Option("--dir", help="where broker, read model and files are kept")] = Path(
        "var/demo"
    ),
    embedded: Annotated[
        bool, typer.Option("--embedded", help="no broker: the log in memory, the same workers' code")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="leave broker and workers running, and say how to stop them")
    ] = False,
) -> None:
    """Show the main job on a simulated county year: decisions arriving, one of them explained, the audit's verdict.

    Runs a real Apache Kafka from jars where Java 17 and Maven are there (and says so), otherwise the log in memory.
    Uses the development keys: nobody in it is real. Exit codes: 0 done, 1 something was wrong (the audit says what).
    """
    from workers.demo.run import Demo
    from workers.host.logs import configure

    configure(json_lines=False)
    Demo(persons=persons, seed=seed, directory=directory, keep=keep).run(embedded=embedded)
