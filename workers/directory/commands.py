"""`tuodi directory import|lookup|check|rotate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

Region = Annotated[str, typer.Option(help="platform that issued the person numbers, six digits, such as 520000")]
JsonOption = Annotated[bool, typer.Option("--json", help="one JSON object on stdout")]
DevKeys = Annotated[bool, typer.Option("--dev-keys", help="allow the well-known development keys")]

directory = typer.Typer(
    no_args_is_help=True,
    help="The directory certificate → person number (docs/directory.md). Its file belongs in the guarded zone.",
)


def register(app: typer.Typer) -> None:
    """Add `tuodi directory`."""
    app.add_typer(directory, name="directory")


@directory.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help=".csv (UTF-8, GB18030) or .xlsx: 证件类型, 证件号码, 人员编号")],
    region: Region,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check and count, write nothing; do this first")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="a known certificate may move to another person number")
    ] = False,
    as_json: JsonOption = False,
    dev_keys: DevKeys = False,
) -> None:
    """Import the bureau's mapping. Lines that are wrong or ambiguous are named by number and not taken; the rest is.

    Afterwards `tuodi lists resolve` closes the tasks of lines that wait for it. Exit codes: 0 all taken, 1 some lines
    are wrong, 2 the file cannot be read.

    Example: tuodi directory import mapping.csv --region 520000 --dry-run
    """
    from workers.directory.bring import bring
    from workers.directory.open import directory_of
    from workers.progress import ProgressLine
    from workers.settings import settings

    _want_region(region)
    progress = ProgressLine("read")
    with directory_of(settings(), dev_keys=dev_keys) as opened:
        found = bring(opened, file, region, dry_run=dry_run, replace=replace, progress=progress)
    progress.end()
    if as_json:
        told = {**found._asdict(), "shown": [each._asdict() for each in found.shown], "dry_run": dry_run}
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        verb = "would be" if dry_run else "are"
        typer.echo(
            f"{found.lines} lines: {found.new} certificates {verb} new, {found.resolved} resolved,"
            f" {found.replaced} moved, {found.same} known; {found.wrong} lines wrong"
        )
        for each in found.shown:
            typer.echo(f"  {file.name}:{each.line}: {each.what}")
        if found.wrong > len(found.shown):
            typer.echo(f"  and {found.wrong - len(found.shown)} more")
    if found.wrong:
        raise typer.Exit(1)


@directory.command()
def lookup(
    region: Region,
    number: Annotated[str, typer.Argument(help="certificate number; '-' (default) reads it from stdin")] = "-",
    kind: Annotated[str, typer.Option("--type", help="kind of the certificate: code or name; 01 = 居民身份证")] = "01",
    psn_no: Annotated[str | None, typer.Option(help="the other way: masked certificates of this number")] = None,
    as_json: JsonOption = False,
    dev_keys: DevKeys = False,
) -> None:
    """Find the person number of a certificate, or the masked certificates of a person number.

    Type the number on stdin: an argument stays in the shell's history. A certificate is only ever shown masked. Exit
    codes: 0 found, 1 not known or not resolved, 2 asked wrongly.
    """
    import sys

    from workers.directory.certificate import certificate
    from workers.directory.open import directory_of
    from workers.errors import Usage
    from workers.settings import settings

    _want_region(region)
    with directory_of(settings(), dev_keys=dev_keys) as opened:
        if psn_no is not None:
            person = opened.find_person(region, psn_no)
            shown = [] if person is None else opened.masked_of_person(person)
            _tell_masks(shown, known=person is not None, as_json=as_json)
            return
        one = certificate(kind, sys.stdin.readline().strip() if number == "-" else number)
        if one is None:
            raise Usage("no certificate: the number is empty or too long, or --type is not known")
        known = opened.find(region, one)
        person = None if known is None else known.person
        found = None if person is None else opened.numbers([person])[person]
    if as_json:
        typer.echo(json.dumps({"seen": known is not None, "psn_no": found}))
    else:
        typer.echo(found or ("seen on a list, not resolved" if known else "not known"))
    if found is None:
        raise typer.Exit(1)


def _tell_masks(shown: list[tuple[str, str]], *, known: bool, as_json: bool) -> None:
    if as_json:
        masked = [{"cert_type": kind, "masked": number} for kind, number in shown]
        typer.echo(json.dumps({"known": known, "certificates": masked}))
    else:
        typer.echo(
            "\n".join(f"{kind} {number}" for kind, number in shown) or ("no certificate" if known else "not known")
        )
    if not shown:
        raise typer.Exit(1)


@directory.command()
def check(as_json: JsonOption = False, dev_keys: DevKeys = False) -> None:
    """Read every row: does the key fit, does every seal open to what its index says, who is not resolved.

    Exit codes: 0 whole, 1 something is broken, 2 another key or no key.
    """
    from workers.directory.check import check as check_all
    from workers.directory.open import directory_of
    from workers.progress import ProgressLine
    from workers.settings import settings

    progress = ProgressLine("certificates")
    with directory_of(settings(), dev_keys=dev_keys) as opened:
        found = check_all(opened, progress)
    progress.end()
    if as_json:
        typer.echo(json.dumps(found._asdict()))
    else:
        typer.echo(
            f"key version {found.key_version}: {found.persons} persons, {found.certificates} certificates,"
            f" {found.unresolved} not resolved, {found.several_certificates} persons with several;"
            f" {found.broken} broken, file {found.integrity}"
        )
    if found.broken or found.integrity != "ok":
        raise typer.Exit(1)


@directory.command()
def rotate(
    new_key_file: Annotated[Path, typer.Option(help="file with the new secret (openssl rand -hex 32)")],
    new_version: Annotated[int, typer.Option(min=2, help="its version, above the one in use")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be written anew, write nothing")] = False,
    as_json: JsonOption = False,
    dev_keys: DevKeys = False,
) -> None:
    """Write every certificate anew under a new key, all or none; stop `tuodi lists serve` before.

    Then set TUODI_DIRECTORY_KEY_FILE and TUODI_DIRECTORY_KEY_VERSION, and destroy the old key with its backups. Exit
    codes: 0 done, 2 the old or the new key cannot be used.
    """
    from workers.directory.keys import DirectoryKeys
    from workers.directory.open import directory_of
    from workers.directory.rotate import rotate as write_anew
    from workers.journal.keys import secret
    from workers.progress import ProgressLine
    from workers.settings import settings

    new = DirectoryKeys(secret(new_key_file, "--new-key-file", b"", False), new_version)
    progress = ProgressLine("certificates")
    with directory_of(settings(), dev_keys=dev_keys) as opened:
        if dry_run:
            (done,) = opened.connection.execute("SELECT COUNT(*) FROM certificate").fetchone()
        else:
            done = write_anew(opened, new, progress)
    progress.end()
    if as_json:
        typer.echo(json.dumps({"certificates": done, "key_version": new_version, "dry_run": dry_run}))
    else:
        typer.echo(f"{done} certificates {'would be' if dry_run else 'are'} written under key version {new_version}")


def _want_region(region: str) -> None:
    import re

    from workers.errors import Usage

    if not re.fullmatch(r"[0-9]{6}", region, re.ASCII):
        raise Usage("--region has six digits, such as 520000")
