"""From the file of hospitals to what the door looks up on every request: key id, certificate, envelope → hospital."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from workers.gateway.door import sm2
from workers.gateway.door.hospitals import Fault, Hospital, HospitalEntry, HospitalsBroken, Parsed, parse

SECRET_BYTES_MIN = 32
_SECRET_FILE_BYTES_MAX = 4_096


class HmacKey(NamedTuple):
    """One shared secret and whose it is. Its repr never shows the secret."""

    hospital: Hospital
    secret: bytes

    def __repr__(self) -> str:
        return f"HmacKey({self.hospital.code})"


class EnvelopeKey(NamedTuple):
    """The SM2 public key of a hospital, and whether a region has accepted that `input` is not signed."""

    hospital: Hospital
    public_key: sm2.PublicKey
    input_unsigned_accepted: bool


class Keyring(NamedTuple):
    """Everything the door knows of hospitals. Immutable: a changed file makes a new one."""

    hospitals: Mapping[str, Hospital]
    keys: Mapping[str, HmacKey]
    fingerprints: Mapping[str, Hospital]
    subjects: Mapping[str, Hospital]
    envelopes: Mapping[str, EnvelopeKey]
    files: tuple[Path, ...]


def load(file: Path) -> Keyring:
    """Read the file and every secret it names. Errors: HospitalsBroken with every fault."""
    parsed = parse(file)
    builder = _Builder(parsed, file.parent)
    for number, entry in enumerate(parsed.body.hospital):
        builder.add(number, entry)
    if builder.faults:
        raise HospitalsBroken(builder.faults)
    return builder.ring(file)


class _Builder:
    """Collects the tables and every fault on the way."""

    def __init__(self, parsed: Parsed, folder: Path) -> None:
        self.faults: list[Fault] = []
        self._parsed, self._folder = parsed, folder
        self._hospitals: dict[str, Hospital] = {}
        self._keys: dict[str, HmacKey] = {}
        self._fingerprints: dict[str, Hospital] = {}
        self._subjects: dict[str, Hospital] = {}
        self._envelopes: dict[str, EnvelopeKey] = {}
        self._secrets: dict[bytes, str] = {}
        self._files: list[Path] = []

    def ring(self, file: Path) -> Keyring:
        return Keyring(
            MappingProxyType(self._hospitals),
            MappingProxyType(self._keys),
            MappingProxyType(self._fingerprints),
            MappingProxyType(self._subjects),
            MappingProxyType(self._envelopes),
            (file, *self._files),
        )

    def add(self, number: int, entry: HospitalEntry) -> None:
        hospital = _hospital(entry)
        self.faults.extend(_ways(self._parsed, number, entry))
        self._once(self._hospitals, entry.code, hospital, number, ("code",), "this hospital stands in the file twice")
        for position, key in enumerate(entry.key):
            place = ("key", position)
            secret = self._secret(number, (*place, "file"), key.file)
            if secret is not None:
                self._own_secret(number, (*place, "file"), entry.code, secret)
                value = HmacKey(hospital, secret)
                self._once(self._keys, key.id, value, number, (*place, "id"), "this key id stands in the file twice")
        for position, certificate in enumerate(entry.certificate):
            self._certificate(number, ("certificate", position), certificate.sha256, certificate.subject, hospital)
        if entry.envelope is not None:
            self._envelope(number, entry, hospital)

    def _certificate(
        self, number: int, place: tuple[str | int, ...], sha256: str | None, subject: str | None, hospital: Hospital
    ) -> None:
        if (sha256 is None) == (subject is None):
            self._fault(number, place, "a certificate is named by sha256 or by subject", "state exactly one of them")
        elif sha256 is not None:
            self._once(self._fingerprints, sha256, hospital, number, place, "this fingerprint stands in the file twice")
        elif subject is not None:
            self._once(self._subjects, subject, hospital, number, place, "this subject stands in the file twice")

    def _envelope(self, number: int, entry: HospitalEntry, hospital: Hospital) -> None:
        envelope = entry.envelope
        assert envelope is not None  # noqa: S101 - the caller looked
        accepted = envelope.input_unsigned == "accepted"
        if accepted and envelope.accepted_by is None:
            fix = 'state accepted_by = "number of the document", or input_unsigned = "refused"'
            self._fault(number, ("envelope", "input_unsigned"), "no document accepts that input is not signed", fix)
        text = self._text(number, ("envelope", "public_key_file"), envelope.public_key_file)
        if text is None:
            return
        try:
            public_key = sm2.public_key(text)
        except ValueError as error:
            fix = "write the SM2 public key as 128 hexadecimal digits (x and y), or 130 with 04 before them"
            self._fault(number, ("envelope", "public_key_file"), f"not an SM2 public key: {error}", fix)
            return
        self._envelopes[entry.code] = EnvelopeKey(hospital, public_key, accepted)

    def _own_secret(self, number: int, place: tuple[str | int, ...], code: str, secret: bytes) -> None:
        """Who shares a secret can sign for the other."""
        if self._secrets.setdefault(secret, code) != code:
            self._fault(number, place, "another hospital has this secret too", "make one: openssl rand -hex 32 > FILE")

    def _secret(self, number: int, place: tuple[str | int, ...], name: str) -> bytes | None:
        text = self._text(number, place, name)
        if text is None:
            return None
        fix = "make one: openssl rand -hex 32 > FILE; chmod 600 FILE"
        try:
            secret = bytes.fromhex(text)
        except ValueError:
            self._fault(number, place, "the key file is not one line of hexadecimal digits", fix)
            return None
        if len(secret) < SECRET_BYTES_MIN:
            self._fault(number, place, f"the key has fewer than {SECRET_BYTES_MIN} bytes", fix)
            return None
        return secret

    def _text(self, number: int, place: tuple[str | int, ...], name: str) -> str | None:
        file = self._folder / name
        try:
            with file.open("rb") as source:
                text = source.read(_SECRET_FILE_BYTES_MAX).decode("ascii").strip()
        except OSError as error:
            self._fault(number, place, f"the key file cannot be read: {error.strerror}", "put it beside this file")
            return None
        except UnicodeDecodeError:
            self._fault(number, place, "the key file is not text", "write it as one line of hexadecimal digits")
            return None
        self._files.append(file)
        return text

    def _once(
        self, table: dict[str, Any], key: str, value: object, number: int, place: tuple[str | int, ...], message: str
    ) -> None:
        if key in table:
            self._fault(number, place, message, "remove one of the two")
        table[key] = value

    def _fault(self, number: int, place: tuple[str | int, ...], message: str, fix: str) -> None:
        self.faults.append(self._parsed.fault(number, place, message, fix))


def _hospital(entry: HospitalEntry) -> Hospital:
    return Hospital(
        entry.code,
        frozenset(entry.regions),
        frozenset(frozenset(way.split("+")) for way in entry.ways),
        entry.suspended,
        entry.requests_per_second,
        entry.burst,
        entry.body_bytes_max,
    )


def _ways(parsed: Parsed, number: int, entry: HospitalEntry) -> Iterator[Fault]:
    """Each way needs its means; the envelope alone needs the region's word."""
    named = {part for way in entry.ways for part in way.split("+")}
    means = {"signature": entry.key, "certificate": entry.certificate, "envelope": entry.envelope}
    tables = {"signature": "[[hospital.key]]", "certificate": "[[hospital.certificate]]", "envelope": "envelope"}
    for way, stated in means.items():
        if way in named and not stated:
            fix = f"add {tables[way]}, or take {way} out of ways"
            yield parsed.fault(number, ("ways",), f"the way {way} has no means", fix)
        if stated and way not in named:
            fix = f"add {way} to ways, or remove {tables[way]}"
            yield parsed.fault(number, ("ways",), f"{tables[way]} is stated but no way uses it", fix)
    alone = "envelope" in entry.ways and (entry.envelope is None or entry.envelope.input_unsigned != "accepted")
    if alone:
        fix = 'use "certificate+envelope" or "signature+envelope", or accept it: input_unsigned = "accepted"'
        yield parsed.fault(number, ("ways",), "the envelope alone leaves `input` unsigned", fix)
