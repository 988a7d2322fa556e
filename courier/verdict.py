"""The courier's answer to a batch of envelopes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SetAside:
    """An envelope that was kept but could not be applied, with the reason for a person to read.

    `pipe`: where the receiver keeps it; a sender need not know.
    """

    event_id: str
    position: int
    code: str
    detail: str
    pipe: str = ""

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "event_id": self.event_id,
            "position": self.position,
            "code": self.code,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a batch; `next_position` is where the receiver wants the sender to go on."""

    accepted: int
    duplicates: int
    next_position: int
    errors: tuple[SetAside, ...] = field(default=())

    def to_body(self) -> dict[str, Any]:
        """The answer of spec 7.2, with `next_position`."""
        return {
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "errors": [error.to_body() for error in self.errors],
            "next_position": self.next_position,
        }

    @classmethod
    def from_body(cls, body: dict[str, Any]) -> Verdict:
        """Read an answer; raises KeyError or TypeError when it is none."""
        return cls(
            body["accepted"],
            body["duplicates"],
            body["next_position"],
            tuple(
                SetAside(str(e.get("event_id")), e.get("position", 0), e.get("code", ""), e.get("detail", ""))
                for e in body.get("errors", ())
            ),
        )
