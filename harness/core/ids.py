"""Identifiers that look random and are the same in every run."""

from __future__ import annotations

from hashlib import blake2b

_LETTERS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE62 = bytes(_LETTERS[byte % 62] for byte in range(256))


def base62(*parts: object, length: int) -> str:
    """`length` letters and digits drawn from the parts (at most 64)."""
    return digest(*parts, length=length).translate(_BASE62).decode("ascii")


def digest(*parts: object, length: int, key: bytes = b"") -> bytes:
    """`length` bytes drawn from the parts (at most 64); with `key`, only its holder can draw them."""
    return blake2b("\x1f".join(map(str, parts)).encode(), digest_size=length, key=key).digest()


def uuid_text(*parts: object, key: bytes = b"") -> str:
    """A lower-case UUID (version 4 in form) drawn from the parts."""
    raw = bytearray(digest(*parts, length=16, key=key))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
