"""The till's drawer: which shift is open on it, and the facts of a shift, in the journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from courier.envelope import opened_text
from retail.completeness import CompletenessLine, completeness_line
from retail.facts import Fact, FactNotReadable, read_fact
from retail.shift_facts import CashMoved, ShiftClosed, ShiftOpened
from terminal.till.journal import Journal

LAST = "SELECT opened_sequence, closed_sequence FROM shifts ORDER BY opened_sequence DESC LIMIT 1"
# A shift may have begun on a disk that was lost (`terminal.till.inheritance`).
FACTS = """SELECT payload FROM (
    SELECT id, payload FROM outbox WHERE id BETWEEN ?1 AND ?2
    UNION SELECT sequence, payload FROM inherited WHERE sequence BETWEEN ?1 AND ?2
) ORDER BY id"""
OPENED = "INSERT INTO shifts (opened_sequence) VALUES (?)"
CLOSED = "UPDATE shifts SET closed_sequence = ? WHERE closed_sequence IS NULL"
ABOUT = "Shift"
NO_END = 2**62
"""Beyond every number that there will be."""


@dataclass(frozen=True, slots=True)
class ClosedShift:
    """A shift that is over: its facts, its closing, and the line that proves it."""

    opened: ShiftOpened
    facts: tuple[Fact, ...]
    closed: ShiftClosed
    line: CompletenessLine


class Drawer:
    """One drawer with one shift at a time; every deed is one commit and may raise a refusal of the disk.

    A deed under an `event_id` that is recorded already comes back as it was recorded.
    """

    def __init__(self, journal: Journal, recorded: Callable[[], None]) -> None:
        """`recorded` is called after each fact is final."""
        self._journal = journal
        self._recorded = recorded

    def shift_facts(self) -> tuple[Fact, ...]:
        """Everything that happened since the open shift began, its opening first; nothing without one."""
        first, last = self._last()
        return self._facts_between(first, NO_END) if first and last is None else ()

    def open_shift(self) -> ShiftOpened | None:
        """The shift that is open on this drawer."""
        first, last = self._last()
        if not first or last is not None:
            return None
        return ShiftOpened.from_body(opened_text(self._journal.rows(FACTS, (first, first))[0][0]).payload)

    def last_closed(self) -> ClosedShift | None:
        """The newest shift, when it is closed and its facts are still here."""
        first, last = self._last()
        if last is None:
            return None
        facts = self._facts_between(first, last)
        if not facts or not isinstance(facts[0], ShiftOpened) or not isinstance(facts[-1], ShiftClosed):
            return None
        sealed = opened_text(self._journal.rows(FACTS, (last, last))[0][0])
        line = completeness_line(facts[-1], sealed.sequence, sealed.hash)
        return ClosedShift(facts[0], facts, facts[-1], line)

    def begin_shift(self, event_id: UUID, opened: ShiftOpened, at: datetime) -> ShiftOpened:
        """Open a shift."""

        def also(tx: sqlite3.Connection, sequence: int) -> None:
            tx.execute(OPENED, (sequence,))

        fact, _ = self._journal.record_fact(event_id, lambda _: opened, (ABOUT, opened.shift_id), at, also)
        self._recorded()
        return fact

    def move_cash(self, event_id: UUID, moved: CashMoved, at: datetime) -> CashMoved:
        """Note cash that went in or out."""
        fact, _ = self._journal.record_fact(event_id, lambda _: moved, (ABOUT, moved.shift_id), at)
        self._recorded()
        return fact

    def end_shift(
        self,
        event_id: UUID,
        shift_id: UUID,
        closing: Callable[[Sequence[Fact]], ShiftClosed],
        at: datetime,
    ) -> ClosedShift:
        """Close the shift; `closing` makes the fact of the shift's facts, with nothing in between."""
        if self._journal.envelope(event_id) is not None:
            known = self.last_closed()
            assert known is not None, "its facts outlive a double tap"
            return known
        facts: tuple[Fact, ...] = ()
        at_number = 0

        def numbered(sequence: int) -> ShiftClosed:
            nonlocal facts, at_number
            facts, at_number = self.shift_facts(), sequence
            return closing(facts)

        def also(tx: sqlite3.Connection, sequence: int) -> None:
            tx.execute(CLOSED, (sequence,))

        closed, sealed = self._journal.record_fact(event_id, numbered, (ABOUT, shift_id), at, also)
        self._recorded()
        assert isinstance(facts[0], ShiftOpened), "a shift begins with its opening"
        line = completeness_line(closed, at_number, sealed)
        return ClosedShift(facts[0], (*facts, closed), closed, line)

    def _last(self) -> tuple[int, int | None]:
        """The numbers of the facts that opened and closed the newest shift; (0, None) before the first."""
        rows = self._journal.rows(LAST)
        return (rows[0][0], rows[0][1]) if rows else (0, None)

    def _facts_between(self, first: int, last: int) -> tuple[Fact, ...]:
        found = []
        for (text,) in self._journal.rows(FACTS, (first, last)):
            envelope = opened_text(text)
            try:
                found.append(read_fact(envelope.event_type, envelope.version, envelope.payload))
            except FactNotReadable:
                continue  # written by a newer program that moved no cash we know of
        return tuple(found)
