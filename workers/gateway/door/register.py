"""The hospitals in force: read at start, read again when a file changed; a broken new one leaves the old in force."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from workers.gateway.door.hospitals import HospitalsBroken
from workers.gateway.door.keyring import Keyring, load
from workers.gateway.door.metrics import register_state

log = logging.getLogger(__name__)

Stamp = tuple[tuple[str, int, int, int], ...]


class Register:
    """Holds the keyring of one file. `look` is called from a worker thread; `ring` may be read at any moment."""

    def __init__(self, file: Path) -> None:
        """Reads the file. Errors: HospitalsBroken, since there is no older one to go on with."""
        self._file = file
        before = _stamp((file,))
        self.ring: Keyring = load(file)
        self._stamp = before + _stamp(self.ring.files[1:])
        register_state(valid=True, hospitals=len(self.ring.hospitals))

    def look(self) -> bool:
        """Read again where the file, or a key file it names, changed. True where another keyring is in force now."""
        now = _stamp(self.ring.files)
        if now == self._stamp:
            return False
        try:
            ring = load(self._file)
        except HospitalsBroken as broken:
            self._stamp = now
            register_state(valid=False, hospitals=len(self.ring.hospitals))
            first = broken.faults[0]
            log.error("hospitals file is broken, the one before stays in force: %s:%s %s (%d faults); %s",
                      first.file, first.line, first.message, len(broken.faults), first.fix)  # fmt: skip
            return False
        self.ring = ring
        self._stamp = _stamp(ring.files)
        register_state(valid=True, hospitals=len(ring.hospitals))
        log.info("hospitals file read: %d hospitals, %d keys", len(ring.hospitals), len(ring.keys))
        return True


def _stamp(files: Sequence[Path]) -> Stamp:
    """What tells that a file changed: times and sizes; a missing file has its own stamp."""
    stamps = []
    for file in files:
        try:
            state = file.stat()
            stamps.append((str(file), state.st_mtime_ns, state.st_size, state.st_ino))
        except OSError:
            stamps.append((str(file), -1, -1, -1))
    return tuple(stamps)
