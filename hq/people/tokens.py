"""Tokens of people and stores: RS256, eight hours (NFR-5.1), verified once and remembered until they end."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ISSUER = "everopen-hq"
LIFETIME = timedelta(hours=8)
KEY_BITS = 2048
KEY_FILE = "token-key.pem"
REMEMBERED_MAX = 10_000


class KeyNotUsable(Exception):
    """The file with the signing key cannot be used; the message is a sentence for whoever starts us."""


class TokenNotValid(Exception):
    """The token is not one of ours, or was changed."""


class TokenExpired(Exception):
    """The token was ours and has ended."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: a person (`employee_id`) or a store's hub (`store_id`); exactly one is set."""

    employee_id: str | None = None
    store_id: str | None = None

    @property
    def name(self) -> str:
        """As the audit log has it."""
        return self.employee_id or f"store:{self.store_id}"


class Tokens:
    """Issues and reads tokens with one key pair; may be used by several threads at once."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._private = key
        self._public = key.public_key()
        self._remembered: dict[str, tuple[Caller, datetime]] = {}

    def issue(self, caller: Caller, role: str, at: datetime) -> tuple[str, datetime]:
        """A new token and the moment it ends (on a whole second, as JWT has it)."""
        expires_at = (at + LIFETIME).replace(microsecond=0)
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "sub": caller.name,
            "iat": int(at.timestamp()),
            "exp": int(expires_at.timestamp()),
            "roles": [role],
        }
        if caller.employee_id is not None:
            claims["employee_id"] = caller.employee_id
        if caller.store_id is not None:
            claims["store_id"] = caller.store_id
        return jwt.encode(claims, self._private, algorithm="RS256"), expires_at

    def read(self, token: str, at: datetime) -> Caller:
        """Who shows this token; raises `TokenExpired` and `TokenNotValid`."""
        known = self._remembered.get(token)
        if known is None:
            known = self._verified(token)
            if len(self._remembered) >= REMEMBERED_MAX:
                self._remembered.clear()
            self._remembered[token] = known
        caller, expires_at = known
        if at >= expires_at:
            raise TokenExpired
        return caller

    def _verified(self, token: str) -> tuple[Caller, datetime]:
        try:
            # The clock is the program's, not the library's: `read` looks at `exp` every time.
            claims: Mapping[str, Any] = jwt.decode(
                token,
                self._public,
                algorithms=["RS256"],
                issuer=ISSUER,
                options={"require": ["exp", "sub"], "verify_exp": False, "verify_iat": False},
            )
            caller = Caller(claims.get("employee_id"), claims.get("store_id"))
            expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC)
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError) as wrong:
            raise TokenNotValid from wrong
        if (caller.employee_id is None) == (caller.store_id is None):
            raise TokenNotValid
        return caller, expires_at


def load_key(folder: Path) -> rsa.RSAPrivateKey:
    """The key pair kept in this folder, made at the first start (0600); raises `KeyNotUsable`.

    Instances that share the folder share the key, and each other's tokens.
    """
    file = folder / KEY_FILE
    try:
        if not file.exists():
            _make_key(folder, file)
        if os.name == "posix" and file.stat().st_mode & 0o077:
            raise KeyNotUsable(
                f"{file} can be read by others, so its tokens cannot be trusted: chmod 600 {file}, or delete "
                "it for a new key, after which everybody signs in again"
            )
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError) as unusable:
        raise KeyNotUsable(f"{file} does not hold a key that can be used: {unusable}") from unusable
    if not isinstance(key, rsa.RSAPrivateKey):
        raise KeyNotUsable(f"{file} holds a key of another kind than RSA")
    return key


def _make_key(folder: Path, file: Path) -> None:
    """Made beside its place and linked there, so that of two instances starting at once one wins."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    draft = folder / f"{KEY_FILE}.{os.getpid()}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(pem)
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
