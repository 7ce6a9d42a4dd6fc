"""The door from the settings: one function for whoever serves the gateway."""

from __future__ import annotations

import time

from starlette.types import ASGIApp

from workers.errors import Usage
from workers.gateway.door.certificate import networks
from workers.gateway.door.door import Door, Options
from workers.gateway.door.hospitals import HospitalsBroken
from workers.gateway.door.register import Register
from workers.settings import Settings


def door(app: ASGIApp, settings: Settings) -> Door:
    """The application behind its door, with the clocks of this machine. Errors: Usage, with every fault of the file."""
    if settings.hospitals_file is None:
        raise Usage("TUODI_HOSPITALS_FILE names no file: nobody could call. deploy/gateway/hospitals.toml is a sample")
    try:
        register = Register(settings.hospitals_file)
    except HospitalsBroken as broken:
        raise Usage(f"the file of hospitals cannot be used\n{broken}") from None
    options = Options(
        settings.gateway_clock_window_s,
        settings.hospitals_look_ms / 1000,
        settings.gateway_origin,
        networks(settings.gateway_proxies),
    )
    return Door(app, register, options, unix_s=time.time, monotonic_s=time.monotonic)
