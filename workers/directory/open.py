"""Opening the directory that the settings name."""

from __future__ import annotations

from workers.directory.database import Directory
from workers.directory.keys import directory_keys
from workers.settings import Settings


def directory_of(settings: Settings, *, dev_keys: bool = False) -> Directory:
    """The open directory; Usage without its key, with another key, or where others may read the file."""
    return Directory(settings.directory, directory_keys(settings, dev_keys=dev_keys))
