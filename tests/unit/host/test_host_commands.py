"""What the commands of processes refuse before they start anything."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from workers.errors import Usage
from workers.host import commands


@pytest.mark.parametrize("arguments", [["--dry-run"], ["--date", "2023-05-06"]])
def test_a_date_goes_with_once(arguments: list[str]) -> None:
    app = typer.Typer()
    commands.register(app)
    result = CliRunner().invoke(app, ["clock", *arguments])
    assert isinstance(result.exception, Usage)
    assert "--once" in str(result.exception)
