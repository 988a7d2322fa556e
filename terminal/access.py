"""Decisions about people at this till become facts: who asked for what, and what was answered (FR-6.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from retail.access_facts import UNKNOWN_PERSON, AccessDecided, AccessDeed, AccessOutcome
from retail.staff import Permission, Role


@dataclass(frozen=True, slots=True)
class AccessBook:
    """Notes decisions; `record` makes a fact final and may raise a refusal of the disk.

    `knows` says whether an employee id is one of this store's people: what else was typed is not written
    down, because it may be a PIN in the wrong field.
    """

    store_id: str
    terminal_id: str
    record: Callable[[AccessDecided], object]
    knows: Callable[[str], bool]
    new_id: Callable[[], UUID]

    def note(
        self,
        deed: AccessDeed,
        outcome: AccessOutcome,
        actor: str,
        at: datetime,
        *,
        role: Role | None = None,
        permission: Permission | None = None,
        amount: int = 0,
        asked_by: str | None = None,
        reason: str = "",
        alarm: bool = False,
    ) -> None:
        """Write one decision down; durable when it returns."""
        self.record(
            AccessDecided(
                decision_id=self.new_id(),
                store_id=self.store_id,
                terminal_id=self.terminal_id,
                actor=actor if self.knows(actor) else UNKNOWN_PERSON,
                deed=deed,
                outcome=outcome,
                decided_at=at,
                role=role,
                permission=permission,
                amount=amount,
                asked_by=asked_by,
                reason=reason,
                alarm=alarm,
            )
        )
