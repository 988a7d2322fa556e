"""People at rest: names, roles and PIN hashes are encrypted in the catalogue's file (NFR-5.2).

AES-256-GCM with a key of this till alone (`terminal.till.keys`). A row is bound to its employee id, so
that one person's row is of no use in another's place. Where the key is lost the rows are worth nothing and
come anew with the news.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK = "aes256gcm:"
"""What a sealed row begins with; JSON begins with a brace."""
NONCE_BYTES = 12
KEY_BYTES = 32


class SealBroken(Exception):
    """The row was sealed with another key, or for somebody else, or altered."""


class PeopleSeal:
    """Seals rows and opens them; any thread may ask."""

    def __init__(self, key: bytes, random_bytes: Callable[[int], bytes]) -> None:
        """`key` has `KEY_BYTES`; `random_bytes` gives a new nonce for each row."""
        self._cipher = AESGCM(key)
        self._random_bytes = random_bytes

    def seal(self, employee_id: str, body: str) -> str:
        """The body of a person's row, unreadable without the key."""
        nonce = self._random_bytes(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, body.encode(), employee_id.encode())
        return MARK + b64encode(nonce + sealed).decode()

    def open(self, employee_id: str, row: str) -> str:
        """The body again; raises `SealBroken`."""
        try:
            packed = b64decode(row.removeprefix(MARK), validate=True)
            opened = self._cipher.decrypt(packed[:NONCE_BYTES], packed[NONCE_BYTES:], employee_id.encode())
        except (InvalidTag, NotBase64, ValueError) as broken:
            raise SealBroken from broken
        return opened.decode()


def is_sealed(row: str) -> bool:
    """Whether this is a sealed row."""
    return row.startswith(MARK)
