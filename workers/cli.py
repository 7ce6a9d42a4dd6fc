"""`tuodi`: the one command. Each room registers its own commands; heavy imports happen inside them."""

from __future__ import annotations

import importlib
import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from workers.cli_help import arrange
from workers.errors import TuodiError, Usage

ROOMS = (
    "workers.log", "workers.topics", "workers.journal", "workers.opening", "workers.intake", "workers.host",
    "workers.history", "workers.office", "workers.simulate", "workers.replay", "workers.audit",
    "workers.gateway", "workers.rulebook", "workers.cases", "workers.gates", "workers.whatif", "workers.statement",
    "workers.demo",
    "workers.directory", "workers.lists", "workers.shadow",
    "workers.gateway.door",
)  # fmt: skip

EXIT_FAILED, EXIT_USAGE = 1, 2

app = typer.Typer(
    name="tuodi",
    help="Tuodi (托底): medical-assistance settlement on Kafka. Exit codes: 0 done, 1 failed, 2 asked wrongly.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"tuodi {version('tuodi')}")
        raise typer.Exit


@app.callback()
def _root(
    version_: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="show the version")
    ] = False,
) -> None:
    """The help stands at `app`."""


def _register_all() -> None:
    for room in ROOMS:
        importlib.import_module(f"{room}.commands").register(app)
    arrange(app)


def main() -> None:
    """Run the command line; errors of the tree and of the file system become one line on stderr and an exit code."""
    _register_all()
    try:
        app()
    except TuodiError as error:
        sys.stderr.write(f"tuodi: {error}\n")
        sys.exit(EXIT_USAGE if isinstance(error, Usage) else EXIT_FAILED)
    except BrokenPipeError:  # the reader of our output has gone (`| head`): nothing is left to be said
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_FAILED)
    except OSError as error:
        if error.filename is None:
            raise
        sys.stderr.write(f"tuodi: {error.filename}: {error.strerror}; check the path, its folder and their rights\n")
        sys.exit(EXIT_FAILED)


if __name__ == "__main__":
    main()
