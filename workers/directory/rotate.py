"""A new key for the directory: every row is opened under the old one and written under the new, in one transaction.

Killed in between, the file stays under the old key. Afterwards the settings name the new file and version.
"""

from __future__ import annotations

from workers.directory.database import Directory
from workers.directory.keys import DirectoryKeys
from workers.errors import Usage
from workers.sheets.read import Progress

CHUNK = 2_000


def rotate(directory: Directory, new: DirectoryKeys, progress: Progress) -> int:
    """Number of certificates written anew. Usage where the new version is not higher or the key is the same."""
    if new.version <= directory.keys.version:
        raise Usage(f"the new version must be above {directory.keys.version}")
    if new.fingerprint == directory.keys.fingerprint:
        raise Usage("the new key is the old one")
    directory.begin()
    try:
        done = _rewrite(directory, new, progress)
        directory.connection.executemany(
            "UPDATE meta SET value = ? WHERE name = ?",
            [(str(new.version), "key_version"), (new.fingerprint, "key_fingerprint")],
        )
        directory.commit()
    except BaseException:
        directory.rollback()
        raise
    directory.keys = new
    directory.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # no row of the old key stays in the log file
    return done


def _rewrite(directory: Directory, new: DirectoryKeys, progress: Progress) -> int:
    (total,) = directory.connection.execute("SELECT COUNT(*) FROM certificate").fetchone()
    done = last = 0
    while True:
        rows = directory.connection.execute(
            "SELECT id, sealed, blind FROM certificate WHERE id > ? ORDER BY id LIMIT ?", (last, CHUNK)
        ).fetchall()
        if not rows:
            return done
        changed = []
        for number, sealed, old in rows:
            region, one = directory.keys.unseal(sealed, old)
            blind = new.blind(region, one)
            changed.append((blind, new.seal(region, one, blind), number))
        directory.connection.executemany("UPDATE certificate SET blind = ?, sealed = ? WHERE id = ?", changed)
        done += len(rows)
        last = rows[-1][0]
        progress(done, total)
