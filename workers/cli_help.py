"""How `tuodi --help` reads: commands in the groups their readers think in, paragraphs that fill the terminal."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Final

import typer
from typer.models import CommandInfo, TyperInfo

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "See it work": ("demo", "simulate", "feed", "replay", "kafka"),
    "Run it": ("topics", "worker", "history", "gateway", "lists", "clock"),
    "Ask it": ("explain", "person", "statement", "tasks", "order", "person-key"),
    "The law": ("rulebook", "cases", "gates", "whatif"),
    "Connect others": ("conformance", "dictionaries", "hospitals", "directory", "shadow", "import"),
    "Check and repair": ("audit", "dlq", "export", "recompute", "check-traces"),
}


REST: Final = "More"
"""Where a command stands that nobody has put into a group yet."""


def arrange(app: typer.Typer) -> None:
    """Give every command its group, each group its order; unwrap paragraphs. Doing it twice changes nothing."""
    order = [name for names in GROUPS.values() for name in names]
    group_of = {name: group for group, names in GROUPS.items() for name in names}

    def place(command: CommandInfo) -> int:
        name = _command_name(command)
        return order.index(name) if name in order else len(order)

    for command in app.registered_commands:
        command.rich_help_panel = group_of.get(_command_name(command), REST)
    for group in app.registered_groups:
        group.rich_help_panel = group_of.get(_group_name(group), REST)
    app.registered_commands.sort(key=place)
    unwrap(app)


def unwrap(app: typer.Typer) -> None:
    """Join the lines of each paragraph of a help: they were cut for the source code, not for the reader's terminal."""
    for command in app.registered_commands:
        text = command.help or (command.callback.__doc__ if command.callback else None)
        if text:
            command.help = "\n\n".join(_joined(inspect.cleandoc(text).split("\n\n")))
    for group in app.registered_groups:
        if group.typer_instance is not None:
            unwrap(group.typer_instance)


def _joined(paragraphs: Iterable[str]) -> Iterable[str]:
    """A paragraph whose lines are set in (a table, a listing) stays as it was written."""
    for paragraph in paragraphs:
        set_in = any(line.startswith((" ", "\b")) for line in paragraph.splitlines())
        yield paragraph if set_in else " ".join(paragraph.split("\n"))


def _command_name(command: CommandInfo) -> str:
    if command.name is not None or command.callback is None:
        return str(command.name)
    return command.callback.__name__.replace("_", "-")


def _group_name(group: TyperInfo) -> str:
    """Given where the group is added, or where it was made."""
    made = group.typer_instance.info.name if group.typer_instance is not None else None
    return group.name if isinstance(group.name, str) else str(made)
