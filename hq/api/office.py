"""Head office as its doors see it: database, clock, tokens, and the frame of a deed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import Connection, Engine, text

from courier.problem import Problem
from courier.stream import Pokes
from hq.alerts.watchman import Watchman
from hq.api.metrics import Metrics
from hq.api.problems import not_authenticated
from hq.audit.commands import DONE, note
from hq.database import AWAY
from hq.people.queries import person_row
from hq.people.tokens import Caller, Tokens
from hq.reports.projector import Projector
from hq.settings import Settings
from retail.refusal import Refusal
from retail.staff import Permission, PermissionDenied, Role, demand

NEWS_CHANNEL = "everopen_news"


@dataclass(frozen=True, slots=True)
class Office:
    """Everything the doors of one instance share. `new_secret` and `new_code` make a fresh one each;
    `announced`: what each hub said last of its own chain."""

    settings: Settings
    engine: Engine
    intake_engine: Engine
    tokens: Tokens
    pokes: Pokes
    projector: Projector
    watchman: Watchman
    metrics: Metrics
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    new_secret: Callable[[], str]
    new_code: Callable[[], str]
    announced: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def deed(
        self,
        caller: Caller,
        deed: str,
        subject: str,
        permission: Permission,
        *,
        news: bool = True,
        detail: Mapping[str, Any] | None = None,
    ) -> Iterator[Connection]:
        """A transaction for something that a caller changes: permitted, audited, committed at the end.

        What became of it is in the audit log either way, with what `detail` then holds (before and after).
        `news`: it may have published something.
        """
        try:
            with self.engine.begin() as tx:
                permit(tx, caller, permission)
                yield tx
                self.note(tx, caller.name, deed, subject, DONE, detail)
                if news:
                    tx.execute(text("SELECT pg_notify(:channel, '')"), {"channel": NEWS_CHANNEL})
        except AWAY:
            raise
        except Exception as failure:
            code = failure.code if isinstance(failure, Refusal | Problem) else "internal-error"
            with self.engine.begin() as tx:
                self.note(tx, caller.name, deed, subject, code)
            raise

    def note(
        self,
        tx: Connection,
        actor: str,
        deed: str,
        subject: str,
        outcome: str,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Write a line of the audit log."""
        note(
            tx,
            note_id=self.new_id(),
            actor=actor,
            deed=deed,
            subject=subject,
            outcome=outcome,
            at=self.clock(),
            detail=detail,
        )


def the_office(request: Request) -> Office:
    """The office behind this app."""
    office = request.app.state.office
    assert isinstance(office, Office)
    return office


def the_caller(request: Request) -> Caller:
    """Who is asking, by their bearer token; raises a 401 problem."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise not_authenticated("not-authenticated", "A token is needed", "Authorization: Bearer <token>")
    office = the_office(request)
    return office.tokens.read(token.strip(), office.clock())


def the_store(request: Request) -> str:
    """The store whose hub is asking; raises a 403 problem for a person."""
    caller = the_caller(request)
    if caller.store_id is None:
        raise Problem(403, "not-allowed", "A store's token is needed", "people have no business at this door")
    return caller.store_id


def permit(tx: Connection, caller: Caller, permission: Permission) -> tuple[str, ...] | None:
    """Return the stores that the caller may do this for (None: all); raises `PermissionDenied`.

    The token says who they are; what they may do is what head office says at this moment.
    """
    if caller.employee_id is None:
        raise PermissionDenied(role="store", permission=permission.value)
    person = person_row(tx, caller.employee_id)
    if person is None or not person["is_active"]:
        raise PermissionDenied(role="nobody", permission=permission.value)
    role = Role(person["role"])
    demand(role, permission)
    return None if person["store_ids"] is None or role is Role.ADMIN else tuple(person["store_ids"])


AnOffice = Annotated[Office, Depends(the_office)]
ACaller = Annotated[Caller, Depends(the_caller)]
AStore = Annotated[str, Depends(the_store)]
