"""PINs as argon2id hashes; head office publishes them so that tills can sign people in offline."""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# RFC 9106, the profile for little memory: 64 MiB, and well under a second on a till.
_HASHER = PasswordHasher()

# So many at once take 64 MiB each; a crowd of sign-ins waits in line instead of taking all memory.
_AT_ONCE = threading.BoundedSemaphore(4)


def hashed(pin: str) -> str:
    """The argon2id hash of a PIN, with a salt of its own."""
    with _AT_ONCE:
        return _HASHER.hash(pin)


def fits(pin_hash: str, pin: str) -> bool:
    """Whether this is the PIN; takes its time."""
    try:
        with _AT_ONCE:
            return _HASHER.verify(pin_hash, pin)
    except (VerificationError, InvalidHashError):
        return False


@cache
def nobody() -> str:
    """A hash to verify against when nobody has that id, so that an answer takes as long either way."""
    return hashed("nobody")
