"""The file of hospitals: who may knock, how each proves itself, and how much it may ask. TOML, checked whole.

Secrets stand in files of their own beside it and never in it; no name of a hospital and nothing of a person is in it.
A fault is a finding with file, line and fix; a file with one finding is not used at all.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints, ValidationError

from workers.errors import TuodiError
from workers.policy.lines import line_index, line_of

FILE_BYTES_MAX = 2_000_000
HOSPITALS_MAX = 2_000
BODY_BYTES_MAX = 512_000

_WAYS = "(signature|certificate|envelope)"
Way = Annotated[str, StringConstraints(pattern=rf"^{_WAYS}(\+{_WAYS}){{0,2}}$")]
"""One sufficient proof: RFC 9421 signature, client certificate, SM2 signature of the envelope, or several with +."""

Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,30}$")]
Region = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
KeyId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KeyEntry(_Closed):
    """One HMAC-SHA256 secret. Two at once while it is being changed."""

    id: KeyId
    file: str


class CertificateEntry(_Closed):
    """One client certificate: by the SHA-256 of its DER, or by its subject as RFC 4514 writes it. Exactly one."""

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    subject: Annotated[str, StringConstraints(min_length=4, max_length=512)] | None = None


class EnvelopeEntry(_Closed):
    """The SM2 public key of `cainfo`, which covers the envelope's header but not `input`."""

    public_key_file: str
    input_unsigned: Literal["refused", "accepted"] = "refused"
    accepted_by: Annotated[str, StringConstraints(min_length=4, max_length=200)] | None = None


class HospitalEntry(_Closed):
    """One hospital as the file states it."""

    code: Code
    regions: Annotated[tuple[Region, ...], Field(min_length=1, max_length=50)]
    ways: Annotated[tuple[Way, ...], Field(min_length=1)]
    suspended: StrictBool = False
    requests_per_second: Annotated[int, Field(ge=1, le=1_000)] = 20
    burst: Annotated[int, Field(ge=1, le=5_000)] = 40
    body_bytes_max: Annotated[int, Field(ge=1_000, le=BODY_BYTES_MAX)] = 65_536
    key: tuple[KeyEntry, ...] = ()
    certificate: tuple[CertificateEntry, ...] = ()
    envelope: EnvelopeEntry | None = None


class HospitalsFile(_Closed):
    """The whole file."""

    hospital: Annotated[tuple[HospitalEntry, ...], Field(min_length=1, max_length=HOSPITALS_MAX)]


class Hospital(NamedTuple):
    """A hospital that may knock; what the door hands to the gateway as the caller."""

    code: str
    regions: frozenset[str]
    ways: frozenset[frozenset[str]]
    suspended: bool
    requests_per_second: int
    burst: int
    body_bytes_max: int

    def __repr__(self) -> str:
        return f"Hospital({self.code})"


class Fault(NamedTuple):
    """One thing that is wrong in the file: where, what, and what to do. Never a value that might be a secret."""

    file: str
    line: int
    message: str
    fix: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}\n    fix: {self.fix}"


class HospitalsBroken(TuodiError):
    """A file of hospitals that must not be used; carries every fault, not only the first."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


class Parsed(NamedTuple):
    """The file in its right form, with what is needed to point at its lines."""

    file: str
    body: HospitalsFile
    lines: dict[tuple[str | int, ...], int]

    def fault(self, number: int, place: tuple[str | int, ...], message: str, fix: str) -> Fault:
        """A fault of the hospital at `number`; `place` is a path inside its table."""
        return Fault(self.file, line_of(self.lines, ("hospital", number, *place)), message, fix)


_TOML_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_FIXES = {
    "extra_forbidden": "remove the key or correct its spelling; docs/gateway-door.md lists what exists",
    "missing": "add it; docs/gateway-door.md shows a whole entry",
    "literal_error": "use one of the words listed in docs/gateway-door.md",
    "string_pattern_mismatch": "write it in the form docs/gateway-door.md shows",
    "bool_type": "write true or false",
}


def parse(file: Path) -> Parsed:
    """Read and check the form of one file. Errors: HospitalsBroken with every fault of form."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        raise HospitalsBroken([Fault(str(file), 1, message, "check TUODI_HOSPITALS_FILE and its rights")]) from None
    if len(raw) > FILE_BYTES_MAX:
        raise HospitalsBroken([Fault(str(file), 1, f"more than {FILE_BYTES_MAX} bytes", "split it by region")])
    try:
        text = raw.decode("utf-8")
        body = HospitalsFile.model_validate(tomllib.loads(text))
    except UnicodeDecodeError:
        raise HospitalsBroken([Fault(str(file), 1, "the file is not UTF-8", "save it as UTF-8")]) from None
    except tomllib.TOMLDecodeError as error:
        raise HospitalsBroken([_syntax(str(file), error)]) from None
    except ValidationError as error:
        index = line_index(text)
        raise HospitalsBroken([_form(str(file), index, each) for each in error.errors(include_url=False)]) from None
    return Parsed(str(file), body, line_index(text))


def _syntax(file: str, error: tomllib.TOMLDecodeError) -> Fault:
    found = _TOML_LINE.search(str(error))
    line = int(found[1]) if found else 1
    return Fault(file, line, "not readable as TOML", "correct the TOML at this place; each key once in its table")


def _form(file: str, index: dict[tuple[str | int, ...], int], fault: Any) -> Fault:
    """A pydantic fault with its line; never the value that was found."""
    path = tuple(fault["loc"])
    where = ".".join(str(part) for part in path) or "file"
    return Fault(file, line_of(index, path), f"{where}: {fault['msg']}", _FIXES.get(fault["type"], "correct the value"))
