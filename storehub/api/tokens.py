"""Bearer tokens of this hub: JWT HS256 with the hub's own key, good for 8 hours (NFR-5.1)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt

from courier.problem import Problem
from retail.staff import Role
from storehub.people.commands import SESSION

ALGORITHM = "HS256"
KEY_BYTES = 32
TERMINAL = "terminal"
PERSON = "person"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. A terminal has no `role`; a person has one, and the terminal they are signed in at.

    `seal`: what the token stands on (a terminal's secret, a person's session); it ends with that.
    """

    name: str
    terminal_id: str
    role: Role | None
    seal: str
    expires_at: datetime

    @property
    def is_terminal(self) -> bool:
        """A device with its own token, not a person."""
        return self.role is None


@dataclass(frozen=True, slots=True)
class Token:
    """A token and when it ends."""

    text: str
    expires_at: datetime

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {"token": self.text, "expires_at": self.expires_at.isoformat()}


class Mint:
    """Makes and reads the tokens of one store."""

    def __init__(self, key: bytes, store_id: str) -> None:
        self._key = key
        self._store_id = store_id

    def for_terminal(self, terminal_id: str, secret_hash: str, at: datetime) -> Token:
        """The device token of a terminal; it ends early when the terminal gets a new secret."""
        return self._sign(at, sub=terminal_id, kind=TERMINAL, terminal_id=terminal_id, seal=secret_hash[:16])

    def for_person(
        self, employee_id: str, terminal_id: str, role: Role, session_id: UUID, at: datetime
    ) -> Token:
        """The token of somebody who has signed in at a terminal."""
        return self._sign(
            at,
            sub=employee_id,
            kind=PERSON,
            terminal_id=terminal_id,
            seal=str(session_id),
            roles=[role.value],
        )

    def read(self, text: str, at: datetime) -> Caller:
        """Who holds this token; raises a `Problem` (401) for one that is not ours or over."""
        try:
            # The clock is ours to ask, not the library's: the expiry is checked below.
            claims = jwt.decode(
                text,
                self._key,
                algorithms=[ALGORITHM],
                options={"verify_exp": False, "verify_iat": False, "require": ["exp", "sub"]},
            )
            expires_at = datetime.fromtimestamp(claims["exp"], UTC)
            role = Role(claims["roles"][0]) if claims["kind"] == PERSON else None
            caller = Caller(claims["sub"], claims["terminal_id"], role, claims["seal"], expires_at)
            store_id = claims["store_id"]
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError, IndexError, OverflowError) as broken:
            raise token_problem("token-not-valid", "The token is not one of this store's hub") from broken
        if store_id != self._store_id:
            raise token_problem("token-not-valid", f"The token is for store {store_id}")
        if at >= expires_at:
            raise token_problem("token-expired", "The token has expired; sign in again")
        return caller

    def _sign(self, at: datetime, **claims: Any) -> Token:
        expires_at = (at + SESSION).replace(microsecond=0)
        body = {"iss": "storehub", "store_id": self._store_id, "iat": at, "exp": expires_at, **claims}
        return Token(jwt.encode(body, self._key, algorithm=ALGORITHM), expires_at)


def token_problem(code: str, title: str) -> Problem:
    """401 with the challenge that RFC 6750 asks for."""
    return Problem(401, code, title, headers={"www-authenticate": "Bearer"})


def key_of(data_dir: Path, random_bytes: bytes) -> bytes:
    """The hub's key, made of these bytes at the first start and kept 0600 in its data directory."""
    file = data_dir / "token.key"
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        draft = file.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(random_bytes[:KEY_BYTES].hex())
        draft.replace(file)
    return bytes.fromhex(file.read_text())
