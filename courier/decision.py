"""What a receiver tells about facts it has set aside, and what people decide about them.

These are the courier's own facts: about envelopes, never about what is in them. They travel in the chain of
whoever set aside or decided (a hub, head office) like everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

CARRIED_LIMIT = 400_000
"""Longer texts stay where they were set aside; what tells of them has to fit an envelope itself."""


class Decision(StrEnum):
    """What a person may decide about a fact that was set aside.

    `RETRY`: apply it like on arrival, now that it can be; `ACCEPT`: into the books as far as it can be read;
    `ANNUL`: it stays where it is, word for word, and counts nowhere.
    """

    RETRY = "retry"
    ACCEPT = "accept"
    ANNUL = "annul"


@dataclass(frozen=True, slots=True)
class FactSetAside:
    """A receiver has set a fact aside: where it came, which one it says it is, and why.

    `envelope`: its text, when the receiver could not pass it on in the chain it belongs to.
    """

    pipe: str
    position: int
    event_id: str | None
    origin: str | None
    sequence: int | None
    code: str
    detail: str
    set_aside_at: datetime
    envelope: str | None = None

    event_type = "FactSetAside"
    version = 1

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "pipe": self.pipe,
            "position": self.position,
            "event_id": self.event_id,
            "origin": self.origin,
            "sequence": self.sequence,
            "code": self.code,
            "detail": self.detail,
            "set_aside_at": self.set_aside_at.isoformat(),
            "envelope": self.envelope,
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> FactSetAside:
        """Read version 1 back; raises KeyError, TypeError, ValueError."""
        return cls(
            str(body["pipe"]),
            int(body["position"]),
            body.get("event_id"),
            body.get("origin"),
            body.get("sequence"),
            str(body["code"]),
            str(body["detail"]),
            datetime.fromisoformat(body["set_aside_at"]),
            body.get("envelope"),
        )


@dataclass(frozen=True, slots=True)
class SetAsideDecided:
    """Somebody has decided about a fact that was set aside; names it as `FactSetAside` does."""

    pipe: str
    position: int
    event_id: str | None
    origin: str | None
    sequence: int | None
    code: str
    decision: Decision
    reason: str
    decided_by: str
    decided_at: datetime
    envelope: str | None = None

    event_type = "SetAsideDecided"
    version = 1

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "pipe": self.pipe,
            "position": self.position,
            "event_id": self.event_id,
            "origin": self.origin,
            "sequence": self.sequence,
            "code": self.code,
            "decision": self.decision.value,
            "reason": self.reason,
            "decided_by": self.decided_by,
            "decided_at": self.decided_at.isoformat(),
            "envelope": self.envelope,
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> SetAsideDecided:
        """Read version 1 back; raises KeyError, TypeError, ValueError."""
        return cls(
            str(body["pipe"]),
            int(body["position"]),
            body.get("event_id"),
            body.get("origin"),
            body.get("sequence"),
            str(body["code"]),
            Decision(body["decision"]),
            str(body["reason"]),
            str(body["decided_by"]),
            datetime.fromisoformat(body["decided_at"]),
            body.get("envelope"),
        )


Notice = FactSetAside | SetAsideDecided

NOTICES: dict[tuple[str, int], Callable[[Mapping[str, Any]], Notice]] = {
    (FactSetAside.event_type, FactSetAside.version): FactSetAside.from_body,
    (SetAsideDecided.event_type, SetAsideDecided.version): SetAsideDecided.from_body,
}
"""How to read each version that was ever written."""
