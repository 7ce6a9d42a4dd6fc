"""Which vocabulary, dictionaries and profiles a process reads the platform by."""

from __future__ import annotations

from schemas.national.load import SHIPPED, National, load_national
from workers.errors import Usage
from workers.settings import Settings


def national_of(settings: Settings) -> National:
    """The folder that the settings name, else the shipped one; Usage where it does not fit its form."""
    folder = settings.national_folder or SHIPPED
    try:
        return load_national(folder)
    except (ValueError, KeyError, OSError) as error:
        raise Usage(f"TUODI_NATIONAL_FOLDER: {error}; the layout is that of schemas/national") from None
