"""The chain of an origin: numbers without gaps, each envelope naming the hash of the one before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from courier.envelope import FIRST_HASH, SEQUENCE_LIMIT, Envelope


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The last envelope known of an origin: its number (0: none yet) and hash."""

    origin: str
    sequence: int = 0
    hash: str = FIRST_HASH


UNKNOWN_HASH = FIRST_HASH
"""What stands for the hash before, in an envelope that goes on behind numbers which nobody knows any more
(the disk they were on was lost): the chain begins anew there, its numbers do not."""


HEAD_HEADER = "everopen-head"
"""The header in which an origin announces the head of its chain with every request: `1042:<hash>`."""

_HEADER_VALUE = re.compile(r"([0-9]{1,16}):([0-9a-f]{64})")


def header_of(head: ChainHead) -> str:
    """The announcement of a head."""
    return f"{head.sequence}:{head.hash}"


def announced_in(value: str, origin: str) -> ChainHead | None:
    """The head that a caller announced of its own chain; None when the header is not one of ours."""
    found = _HEADER_VALUE.fullmatch(value)
    if found is None or int(found[1]) > SEQUENCE_LIMIT:
        return None
    return ChainHead(origin, int(found[1]), found[2])


class Link(StrEnum):
    """How an envelope stands to the head of its chain.

    `NEXT`, `GAP` (numbers before it are missing) and `LATE` (it fills such a gap) are applied;
    `DUPLICATE` changes nothing; `FORK` and `ALTERED` are kept for a person to decide.
    """

    NEXT = "next"
    DUPLICATE = "duplicate"
    GAP = "gap"
    LATE = "late"
    FORK = "fork"
    ALTERED = "altered"


def past_link(link: Link) -> Link:
    """The link of an envelope that came outside its pipe (`courier.inbox.receive_late`): it may fill a gap
    or repeat what is known; to go on with the chain is the pipe's alone, so there it is another history."""
    return Link.FORK if link in (Link.NEXT, Link.GAP) else link


def link_of(head: ChainHead, envelope: Envelope, intact: bool, known_hash: str | None = None) -> Link:
    """Judge an envelope against the head of its origin's chain.

    `intact`: its own hash holds. `known_hash`: the hash already stored under its number, where the
    number is not new; a different hash under the same number is a fork (two histories of one till). One
    that names no hash before it (`UNKNOWN_HASH`) is the first of a new disk, and the old disk may have
    turned up meanwhile: it follows whatever has the number before.
    """
    if not intact:
        return Link.ALTERED
    if envelope.sequence <= head.sequence:
        return Link.DUPLICATE if known_hash in (None, envelope.hash) else Link.FORK
    if envelope.sequence > head.sequence + 1:
        return Link.GAP
    return Link.NEXT if envelope.previous_hash in (head.hash, UNKNOWN_HASH) else Link.FORK


@dataclass(frozen=True, slots=True)
class Gap:
    """Missing numbers of an origin, both ends included; the last of them must have `awaited_hash`
    (`UNKNOWN_HASH`: nobody knows it)."""

    origin: str
    first_sequence: int
    last_sequence: int
    awaited_hash: str


def gap_before(head: ChainHead, envelope: Envelope) -> Gap:
    """What is missing between the head and an envelope that left a gap."""
    return Gap(head.origin, head.sequence + 1, envelope.sequence - 1, envelope.previous_hash)


def fills(gap: Gap, envelope: Envelope, hash_before: str | None) -> bool:
    """Whether a late envelope fits its gap: behind `hash_before`, where that is known, and before what
    came after the gap."""
    return hash_before in (None, envelope.previous_hash) and (
        envelope.sequence < gap.last_sequence or gap.awaited_hash in (envelope.hash, UNKNOWN_HASH)
    )


def rest_of(gap: Gap, envelope: Envelope) -> tuple[Gap, ...]:
    """What stays missing when this envelope has filled its place."""
    before = Gap(gap.origin, gap.first_sequence, envelope.sequence - 1, envelope.previous_hash)
    after = Gap(gap.origin, envelope.sequence + 1, gap.last_sequence, gap.awaited_hash)
    return tuple(part for part in (before, after) if part.first_sequence <= part.last_sequence)


def advanced(head: ChainHead, envelope: Envelope) -> ChainHead:
    """The head after this envelope."""
    return ChainHead(head.origin, envelope.sequence, envelope.hash)
