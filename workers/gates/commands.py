"""`tuodi gates`: what proves that the law as data is whole, guarded and unchanged unsaid."""

from __future__ import annotations

from typing import Annotated

import typer

MeasureArgument = Annotated[str | None, typer.Argument(help="Measure, for example QN; all by default.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


def register(app: typer.Typer) -> None:
    """Put the command of this room on the command line."""
    app.command()(gates)


def gates(measure: MeasureArgument = None, as_json: JsonOption = False) -> None:
    """Hold the shipped rulebooks against their gates (docs/gates.md); takes about a minute for all measures.

    G1–G3 form, days and quotes; G4 exactly one standard for everybody; G5 every figure, list, flag and rule guarded
    by a worked example; G6 every clause answered for, every rule seen to apply and not to apply; G8 no result changed
    unsaid. G7, the properties, are tests: `make gates` runs them too. Exit codes: 0 all green, 1 one is red.
    """
    import json
    import sys

    from workers.gates.run import run_all

    found = []
    for gate in run_all(measure):
        found.append(gate)
        if not as_json:
            typer.echo(f"{'ok ' if not gate.faults else 'RED'}  {gate.name}: {gate.told}")
            for fault in gate.faults:
                sys.stderr.write(f"{fault}\n")
    if as_json:
        typer.echo(json.dumps([gate._asdict() for gate in found], ensure_ascii=False, indent=1))
    if any(gate.faults for gate in found):
        raise typer.Exit(1)
