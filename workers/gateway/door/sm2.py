"""SM2 signatures with SM3 (GB/T 32918.2-2016, GM/T 0009-2012): checking one, and making one for tests and clients.

The curve arithmetic is gmssl's, in pure Python (about 7 ms a check on one core: callers run it beside the event loop);
SM3 is `cryptography`'s. What gmssl leaves out is checked here: that the key is a point of the curve, that r and s are
in range, and the "04" before a key, which gmssl strips together with leading fours and zeros of the key itself.
"""

from __future__ import annotations

from typing import NamedTuple

from cryptography.hazmat.primitives import hashes
from gmssl.sm2 import CryptSM2, default_ecc_table

USER_ID = b"1234567812345678"
"""The identifier every national platform uses (GM/T 0009-2012 §10)."""

_P = int(default_ecc_table["p"], 16)
_N = int(default_ecc_table["n"], 16)
_A = int(default_ecc_table["a"], 16)
_B = int(default_ecc_table["b"], 16)


class PublicKey(NamedTuple):
    """A point of the curve, as two coordinates of 64 hexadecimal digits each."""

    hex: str


def public_key(text: str) -> PublicKey:
    """A public key from 128 hexadecimal digits, or 130 beginning with 04. Errors: ValueError, never with the value."""
    digits = text[2:] if len(text) == 130 and text.startswith("04") else text
    if len(digits) != 128:
        raise ValueError("wrong length")
    try:
        x, y = int(digits[:64], 16), int(digits[64:], 16)
    except ValueError:
        raise ValueError("not hexadecimal") from None
    if not (x < _P and y < _P and (y * y - (x * x * x + _A * x + _B)) % _P == 0):
        raise ValueError("not a point of the curve")
    return PublicKey(digits.lower())


def public_of(private_hex: str) -> PublicKey:
    """The public key of a private one (64 hexadecimal digits)."""
    point = _machine("", private_hex)._kg(int(private_hex, 16), default_ecc_table["g"])
    return PublicKey(str(point))


def verify(key: PublicKey, signature_hex: str, message: bytes) -> bool:
    """Whether `signature_hex` (r‖s, 128 hexadecimal digits, either case) is the key's signature of `message`."""
    if len(signature_hex) != 128 or not signature_hex.isascii():
        return False
    try:
        r, s = int(signature_hex[:64], 16), int(signature_hex[64:], 16)
    except ValueError:
        return False
    if not (1 <= r < _N and 1 <= s < _N and (r + s) % _N):
        return False
    return bool(_machine(key.hex, "").verify(f"{r:064x}{s:064x}", digest(key, message)))


def sign(private_hex: str, message: bytes, random_hex: str) -> str:
    """r‖s in upper-case hexadecimal. `random_hex` (64 digits) must be fresh and secret for every signature."""
    key = public_of(private_hex)
    signed = _machine(key.hex, private_hex).sign(digest(key, message), random_hex)
    if signed is None:
        raise ValueError("this random number gives no signature; draw another")
    return str(signed).upper()


def digest(key: PublicKey, message: bytes) -> bytes:
    """e = SM3(Z ‖ message), Z = SM3(length of the user id ‖ user id ‖ a ‖ b ‖ G ‖ key): 32 bytes."""
    curve = "".join(default_ecc_table[name] for name in ("a", "b", "g"))
    z = _sm3((len(USER_ID) * 8).to_bytes(2, "big") + USER_ID + bytes.fromhex(curve) + bytes.fromhex(key.hex))
    return _sm3(z + message)


def _sm3(data: bytes) -> bytes:
    hasher = hashes.Hash(hashes.SM3())
    hasher.update(data)
    return hasher.finalize()


def _machine(public_hex: str, private_hex: str) -> CryptSM2:
    machine = CryptSM2(private_hex, "")
    machine.public_key = public_hex  # set here: the constructor strips more than the prefix
    return machine
