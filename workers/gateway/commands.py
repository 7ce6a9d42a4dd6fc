"""`tuodi gateway`: run one replica of the hospital window."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from workers.errors import Usage

if TYPE_CHECKING:
    from workers.gateway.door.tls import Tls
    from workers.gateway.service import Door
    from workers.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(gateway)


def gateway(
    instance: Annotated[str | None, typer.Option(help="name of this replica, for its port file and its log")] = None,
    open_door: Annotated[
        str | None,
        typer.Option(
            "--open-door", help="CODE:REGION[,REGION…]: everybody is this hospital, nobody is asked; for demonstrations"
        ),
    ] = None,
    log_format: Annotated[Literal["json", "text"], typer.Option(help="for machines or for people")] = "json",
    dev_keys: Annotated[bool, typer.Option("--dev-keys", help="allow the well-known development keys")] = False,
    supervise: Annotated[
        bool,
        typer.Option("--supervise", help="keep a parent that starts the replica anew when it dies, without imports"),
    ] = False,
) -> None:
    """Run the hospital window: trial, settle, cancel, query over HTTP (docs/gateway.md).

    Replicas are stateless: run as many as you like behind one address. The window listens on TUODI_GATEWAY_HOST and
    TUODI_GATEWAY_PORT (0: a free one, written to TUODI_DATA_DIR/gateway-<instance>.port), metrics and health on
    TUODI_HTTP_HOST:TUODI_HTTP_PORT. Queries of what is older than the replica read TUODI_DATABASE, which
    `tuodi history` keeps. Exit codes: 0 stopped, 1 crashed (with --supervise: 12
    short lives in a row), 2 asked wrongly.
    """
    from workers.gateway.door.tls import uvicorn_options
    from workers.gateway.run import run
    from workers.host.logs import configure
    from workers.host.slot import slot
    from workers.host.supervisor import Supervisor
    from workers.settings import settings

    configure(json_lines=log_format == "json")
    given = settings()
    name, door = slot(instance), _door(open_door, given)
    served = partial(run, given, door, name, dev_keys=dev_keys, **uvicorn_options(_tls(given)))
    if supervise:
        raise typer.Exit(Supervisor(served).run())
    served()


_OPENED = re.compile(r"([A-Za-z0-9]{1,30}):([0-9]{6}(?:,[0-9]{6})*)", re.ASCII)


def _tls(given: Settings) -> Tls | None:
    """The PEM files of the settings; both or none."""
    from workers.gateway.door.tls import Tls

    if given.gateway_certificate_file is None and given.gateway_key_file is None:
        return None
    if given.gateway_certificate_file is None or given.gateway_key_file is None:
        raise Usage("TUODI_GATEWAY_CERTIFICATE_FILE and TUODI_GATEWAY_KEY_FILE belong together: set both or none")
    return Tls(given.gateway_certificate_file, given.gateway_key_file, given.gateway_client_ca_file)


def _door(open_door: str | None, given: Settings) -> Door:
    """The door in earnest (TUODI_HOSPITALS_FILE), or the one that asks nobody."""
    if open_door is None:
        from workers.gateway.door.build import door

        return lambda app: door(app, given)
    from workers.gateway.caller import Hospital
    from workers.gateway.open_door import OpenDoor

    found = _OPENED.fullmatch(open_door)
    if found is None:
        raise Usage("--open-door names a hospital and its platforms: --open-door H52270100001:520000")
    hospital = Hospital(found[1], frozenset(found[2].split(",")))
    return lambda app: OpenDoor(app, hospital)
