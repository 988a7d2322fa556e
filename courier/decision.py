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


Name = tuple[str, int, str | None, str | None, int | None, str]


@dataclass(frozen=True, slots=True)
class Aside:
    """Names a fact that was set aside: where it came, which one it says it is, and why (`code`)."""

    pipe: str
    position: int
    event_id: str | None
    origin: str | None
    sequence: int | None
    code: str

    @property
    def named(self) -> Name:
        """The members that name it, in order."""
        return self.pipe, self.position, self.event_id, self.origin, self.sequence, self.code

    def naming(self) -> dict[str, Any]:
        """The same as every body has them."""
        names = "pipe", "position", "event_id", "origin", "sequence", "code"
        return dict(zip(names, self.named, strict=True))


def _named(body: Mapping[str, Any]) -> Name:
    event_id, origin, sequence = (body.get(name) for name in ("event_id", "origin", "sequence"))
    if type(sequence) is not int and sequence is not None:
        raise TypeError("sequence is a whole number")
    if not all(isinstance(name, str | None) for name in (event_id, origin)):
        raise TypeError("event_id and origin are text")
    return str(body["pipe"]), int(body["position"]), event_id, origin, sequence, str(body["code"])


@dataclass(frozen=True, slots=True)
class FactSetAside(Aside):
    """A receiver has set a fact aside.

    `envelope`: its text, when the receiver could not pass it on in the chain it belongs to.
    """

    detail: str
    set_aside_at: datetime
    envelope: str | None = None

    event_type = "FactSetAside"
    version = 1

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            **self.naming(),
            "detail": self.detail,
            "set_aside_at": self.set_aside_at.isoformat(),
            "envelope": self.envelope,
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> FactSetAside:
        """Read version 1 back; raises KeyError, TypeError, ValueError."""
        return cls(
            *_named(body),
            str(body["detail"]),
            datetime.fromisoformat(body["set_aside_at"]),
            body.get("envelope"),
        )


@dataclass(frozen=True, slots=True)
class SetAsideDecided(Aside):
    """Somebody has decided about a fact that was set aside."""

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
            **self.naming(),
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
            *_named(body),
            Decision(body["decision"]),
            str(body["reason"]),
            str(body["decided_by"]),
            datetime.fromisoformat(body["decided_at"]),
            body.get("envelope"),
        )


@dataclass(frozen=True, slots=True)
class NewsOverruled:
    """A store gave up news that head office had lost with a restore (FR-5.3: head office wins).

    `pieces` are as many of `count` as fit, others come in facts of their own: `kind`, `key`, `lost_version`,
    and as JSON text what the store had (`held`) and what head office says (`now`, None when it knows nothing
    of it). `news_version`: the line's, as the store has it now.
    """

    news_version: int
    count: int
    pieces: tuple[dict[str, Any], ...]
    overruled_at: datetime

    event_type = "NewsOverruled"
    version = 1

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "news_version": self.news_version,
            "count": self.count,
            "pieces": list(self.pieces),
            "overruled_at": self.overruled_at.isoformat(),
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> NewsOverruled:
        """Read version 1 back; raises KeyError, TypeError, ValueError."""
        return cls(
            int(body["news_version"]),
            int(body["count"]),
            tuple(body["pieces"]),
            datetime.fromisoformat(body["overruled_at"]),
        )


Notice = FactSetAside | SetAsideDecided | NewsOverruled

NOTICES: dict[tuple[str, int], Callable[[Mapping[str, Any]], Notice]] = {
    (FactSetAside.event_type, FactSetAside.version): FactSetAside.from_body,
    (SetAsideDecided.event_type, SetAsideDecided.version): SetAsideDecided.from_body,
    (NewsOverruled.event_type, NewsOverruled.version): NewsOverruled.from_body,
}
"""How to read each version that was ever written."""
