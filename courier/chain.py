"""The chain of an origin: numbers without gaps, each envelope naming the hash of the one before."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from courier.envelope import FIRST_HASH, Envelope


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The last envelope known of an origin: its number (0: none yet) and hash."""

    origin: str
    sequence: int = 0
    hash: str = FIRST_HASH


class Link(StrEnum):
    """How an envelope stands to the head of its chain."""

    NEXT = "next"
    DUPLICATE = "duplicate"
    GAP = "gap"
    FORK = "fork"
    ALTERED = "altered"


def link_of(head: ChainHead, envelope: Envelope, intact: bool, known_hash: str | None = None) -> Link:
    """Judge an envelope against the head of its origin's chain.

    `intact`: its own hash holds. `known_hash`: the hash already stored under its number, where the
    number is not new; a different hash under the same number is a fork (two histories of one till).
    """
    if not intact:
        return Link.ALTERED
    if envelope.sequence <= head.sequence:
        return Link.DUPLICATE if known_hash in (None, envelope.hash) else Link.FORK
    if envelope.sequence > head.sequence + 1:
        return Link.GAP
    return Link.NEXT if envelope.previous_hash == head.hash else Link.FORK


def advanced(head: ChainHead, envelope: Envelope) -> ChainHead:
    """The head after this envelope."""
    return ChainHead(head.origin, envelope.sequence, envelope.hash)
