"""Walking chains again, long after arrival: every hash recomputed, every number accounted for.

Pure: rows come as an iterable in order of origin and sequence, so that a ledger of any size streams
through. What a receiver noted on arrival (heads, open gaps, what it set aside) comes along, and tells what
never arrived from what was here once and is not any more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import Any

import orjson

from courier.chain import UNKNOWN_HASH, ChainHead


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of a ledger or an outbox: where it stands, whose it says it is, and the sealed text."""

    pipe: str
    position: int
    origin: str
    sequence: int
    text: str


class Harm(StrEnum):
    """What can be wrong with a stretch of a chain.

    `MISSING` never arrived; `DELETED` was here once; `ALTERED` is not what its hash was made of;
    `REPLACED` has a hash that holds, but is not the one that its neighbour or the head names.
    """

    MISSING = "missing"
    DELETED = "deleted"
    ALTERED = "altered"
    REPLACED = "replaced"


_SAID = {
    Harm.MISSING: "never arrived",
    Harm.DELETED: "deleted: received once, and gone",
    Harm.ALTERED: "altered: not what the hash was made of",
    Harm.REPLACED: "replaced: the chain names another hash",
}


@dataclass(frozen=True, slots=True)
class Flaw:
    """A stretch of an origin's numbers, both ends included, and what is wrong with it."""

    origin: str
    harm: Harm
    first_sequence: int
    last_sequence: int

    def __str__(self) -> str:
        return f"{self.origin} {span(self.first_sequence, self.last_sequence)} {_SAID[self.harm]}"


@dataclass(frozen=True, slots=True)
class Noted:
    """What a receiver noted of an origin: its head, open gaps, and numbers set aside instead of kept.

    `before`: the last envelope that is not walked (the beginning, unless older ones are left out); None
    when nobody knows it any more.
    """

    head: ChainHead | None = None
    gaps: tuple[tuple[int, int], ...] = ()
    aside: frozenset[int] = frozenset()
    before: ChainHead | None = field(default=ChainHead(""))


@dataclass(frozen=True, slots=True)
class Walked:
    """An origin walked to its end: `count` envelopes from `first` to `last`, the hash of the last."""

    origin: str
    count: int
    first: int
    last: int
    hash: str
    flaws: tuple[Flaw, ...]


Look = Callable[[Kept, Any], None]
"""(row, parsed envelope): hears of every envelope that can be read and whose hash holds."""


def span(first: int, last: int) -> str:
    """`1041` or `1041-1042`."""
    return str(first) if first == last else f"{first}-{last}"


def walk(rows: Iterable[Kept], noted: Mapping[str, Noted], look: Look) -> Iterator[Walked]:
    """Walk every origin's chain, and those that were noted and have no row left."""
    met = set()
    for origin, own in groupby(rows, key=lambda row: row.origin):
        met.add(origin)
        yield _walk_one(origin, own, noted.get(origin, Noted()), look)
    for origin in sorted(noted.keys() - met):
        if (head := noted[origin].head) is not None and head.sequence > 0:
            yield _walk_one(origin, (), noted[origin], look)


def _walk_one(origin: str, rows: Iterable[Kept], noted: Noted, look: Look) -> Walked:
    flaws: list[Flaw] = []
    before, first, count = noted.before, 0, 0
    for row in rows:
        body = _parsed(row)
        if body is None:
            flaws.append(Flaw(origin, Harm.ALTERED, row.sequence, row.sequence))
        else:
            look(row, body)
        if before is not None and row.sequence > before.sequence + 1:
            flaws += _absent(origin, before.sequence + 1, row.sequence - 1, noted)
        elif before is not None and body is not None and not _follows(body, before):
            flaws.append(Flaw(origin, Harm.REPLACED, before.sequence, before.sequence))
        # What an altered envelope says about its hash is nothing to hold its neighbour against.
        before = ChainHead(origin, row.sequence, body["hash"] if body is not None else "")
        first, count = first or row.sequence, count + 1
    last = before or ChainHead(origin)
    if noted.head is not None:
        if last.sequence < noted.head.sequence:
            flaws += _absent(origin, last.sequence + 1, noted.head.sequence, noted)
        elif last.hash and last != noted.head:
            first_strange = min(noted.head.sequence + 1, last.sequence)
            flaws.append(Flaw(origin, Harm.REPLACED, first_strange, last.sequence))
    return Walked(origin, count, first, last.sequence, last.hash, tuple(flaws))


def _follows(body: Any, before: ChainHead) -> bool:
    """Whether an envelope names the one before it, or is the first of a new disk and can name none."""
    return before.hash == "" or body["previous_hash"] in (before.hash, UNKNOWN_HASH)


def _absent(origin: str, first: int, last: int, noted: Noted) -> Iterator[Flaw]:
    """The stretches of absent numbers by why they are absent; what was set aside is no flaw of the chain."""

    def why(sequence: int) -> Harm | None:
        if sequence in noted.aside:
            return None
        known = any(begin <= sequence <= end for begin, end in noted.gaps)
        return Harm.MISSING if known else Harm.DELETED

    edges = {first, *(edge for gap in noted.gaps for edge in (gap[0], gap[1] + 1))}
    edges |= {edge for sequence in noted.aside for edge in (sequence, sequence + 1)}
    starts = sorted(edge for edge in edges if first <= edge <= last)
    for start, after in zip(starts, [*starts[1:], last + 1], strict=True):
        harm = why(start)
        if harm is not None:
            yield Flaw(origin, harm, start, after - 1)


def _parsed(row: Kept) -> Any:
    """The envelope when its hash holds and it is the one that this row is for; else None."""
    try:
        body = orjson.loads(row.text)
        member = f'"hash":"{body["hash"]}",'
        unsealed = row.text.replace(member, "", 1).encode()
        sealed = hashlib.sha256(bytes.fromhex(body["previous_hash"]) + unsealed).hexdigest()
        sound = sealed == body["hash"] and (body["origin"], body["sequence"]) == (row.origin, row.sequence)
        return body if sound else None
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return None
