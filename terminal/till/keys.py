"""Where the till keeps the key of its people: the system's keyring, else a file of its own (0600).

Only keyrings of the system itself are used (Secret Service, KWallet, macOS, Windows): any other that
happens to be installed might write what it is given in plain text.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import keyring
import structlog
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.errors import KeyringError

from terminal.till.enrolment import EnrolmentNotReadable
from terminal.till.seal import KEY_BYTES

log = structlog.stdlib.get_logger("terminal.till")

SERVICE = "everopen terminal"
FILE_NAME = "people.key"
OURS = "keyring.backends."
NOT_SAFE = ("keyring.backends.fail", "keyring.backends.null")


class Ring(Protocol):
    """A place for secrets that the system guards; methods raise KeyringError."""

    def get_password(self, service: str, username: str) -> str | None:
        """What is kept under this name."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""


def system_ring() -> Ring | None:
    """The system's keyring; None where there is none that keeps a secret."""
    found = keyring.get_keyring()
    rings = found.backends if isinstance(found, ChainerBackend) else [found]
    return next((ring for ring in rings if _is_safe(ring)), None)


def people_key(data_dir: Path, ring: Ring | None, random_bytes: Callable[[int], bytes]) -> bytes:
    """The key of this data directory, made at the first time. Raises `EnrolmentNotReadable` for a key file
    that others may read."""
    file = data_dir / FILE_NAME
    if file.exists():
        return _from_file(file)
    if ring is not None:
        try:
            return _from_ring(ring, str(data_dir.resolve()), random_bytes)
        except KeyringError as refused:
            log.warning("the system's keyring does not answer; a file is used", error=repr(refused))
    return _made_in_file(file, random_bytes)


def _is_safe(ring: KeyringBackend) -> bool:
    module = type(ring).__module__
    return module.startswith(OURS) and not module.startswith(NOT_SAFE)


def _from_ring(ring: Ring, name: str, random_bytes: Callable[[int], bytes]) -> bytes:
    kept = ring.get_password(SERVICE, name)
    key = _decoded(kept) if kept else None
    if key is None:
        key = random_bytes(KEY_BYTES)
        ring.set_password(SERVICE, name, b64encode(key).decode())
    return key


def _from_file(file: Path) -> bytes:
    if os.name == "posix" and file.stat().st_mode & 0o077:
        raise EnrolmentNotReadable(file=str(file), reason="others may read it; chmod 600")
    key = _decoded(file.read_text("ascii", errors="replace"))
    if key is None:
        raise EnrolmentNotReadable(file=str(file), reason="it holds no key; delete it, people come anew")
    return key


def _made_in_file(file: Path, random_bytes: Callable[[int], bytes]) -> bytes:
    key, new = random_bytes(KEY_BYTES), file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(b64encode(key))
        out.flush()
        os.fsync(out.fileno())
    new.replace(file)
    return key


def _decoded(text: str) -> bytes | None:
    try:
        key = b64decode(text, validate=True)
    except ValueError:
        return None
    return key if len(key) == KEY_BYTES else None
