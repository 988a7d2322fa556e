"""What really happened in a world, as somebody would know who had seen it all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from courier.envelope import Envelope
from retail.facts import (
    Fact,
    FactNotReadable,
    InventoryAdjusted,
    RefundRecorded,
    SaleRecorded,
    TransactionVoided,
    read_fact,
)
from retail.stock import AdjustmentType, movements_of_refund, movements_of_sale

Place = tuple[str, int]
"""An origin and one of its numbers."""
Later = RefundRecorded | TransactionVoided


@dataclass(frozen=True, slots=True)
class Made:
    """A fact that was committed: the hash that seals it and what it says (None: nobody here reads it)."""

    hash: str
    fact: Fact | None


def readable(envelope: Envelope) -> Fact | None:
    """What an envelope says; None for the courier's notices and what a newer program says."""
    try:
        return read_fact(envelope.event_type, envelope.version, envelope.payload)
    except FactNotReadable:
        return None


@dataclass(slots=True)
class Truth:
    """Everything that was ever committed, and what went with a disk."""

    made: dict[str, dict[int, Made]] = field(default_factory=dict)
    """By origin and number."""
    served: dict[str, list[int]] = field(default_factory=dict)
    """By till: what each customer paid."""
    strangers: set[Place] = field(default_factory=set)
    """Facts of a kind that nobody above knows: set aside, with their reason."""
    altered: int = 0
    """Envelopes that were altered on the way: kept for a person, named as missing."""
    gone: set[Place] = field(default_factory=set)
    """Facts whose last disk was lost: they may be missing, and then they are named."""
    forgotten: dict[str, list[Made]] = field(default_factory=dict)
    """By origin: facts that were lost before anybody knew of their number, which was given out again."""
    unasked: set[UUID] = field(default_factory=set)
    """Payments whose request was on a hub's lost disk: their money may come, and only the bank knows."""

    def seal(self, origin: str, sequence: int, made: Made) -> bool:
        """Note a fact; False when another one was committed under this number."""
        known = self.made.setdefault(origin, {}).setdefault(sequence, made)
        return known.hash == made.hash

    def facts_of(self, origin: str, lost: frozenset[Place] = frozenset()) -> Iterator[tuple[int, Fact]]:
        """The facts of an origin that say something, in order, without those that are lost."""
        for sequence, made in sorted(self.made.get(origin, {}).items()):
            if made.fact is not None and (origin, sequence) not in lost:
                yield sequence, made.fact

    def sales(self, origin: str, lost: frozenset[Place] = frozenset()) -> dict[int, SaleRecorded]:
        """The sales of a till by their number."""
        facts = self.facts_of(origin, lost)
        return {sequence: fact for sequence, fact in facts if isinstance(fact, SaleRecorded)}

    def later(self, origin: str, sale_id: UUID, lost: frozenset[Place] = frozenset()) -> list[Later]:
        """What became of a till's sale."""
        facts = (fact for _, fact in self.facts_of(origin, lost))
        return [fact for fact in facts if isinstance(fact, Later) and fact.transaction_id == sale_id]

    def paid(self, origin: str) -> list[int]:
        """What every sale of a till came to, those included that went with its disk."""
        known = [made.fact for made in self.made.get(origin, {}).values()]
        facts = known + [made.fact for made in self.forgotten.get(origin, [])]
        return sorted(fact.totals.total_amount for fact in facts if isinstance(fact, SaleRecorded))

    def sold(self, origin: str, sale_id: UUID) -> bool:
        """Whether this sale was committed."""
        return any(sale.transaction_id == sale_id for sale in self.sales(origin).values())

    def forget(self, origin: str, beyond: int) -> list[int]:
        """The origin goes on behind this number on a new disk: what was lost beyond was never heard of.

        Returns the numbers that will be given out again though they stand on some paper.
        """
        numbers, on_paper = self.made.get(origin, {}), []
        for place in sorted(place for place in self.gone if place[0] == origin and place[1] > beyond):
            self.gone.discard(place)
            self.strangers.discard(place)
            made = numbers.pop(place[1])
            self.forgotten.setdefault(origin, []).append(made)
            if made.fact is not None:
                on_paper.append(place[1])
        return on_paper

    def stock(self, origins: list[str], lost: frozenset[Place]) -> dict[str, int]:
        """Opening and movements of everything that these origins say, by product."""
        levels: dict[str, int] = {}
        sales = {sale.transaction_id: sale for origin in origins for sale in self.sales(origin).values()}
        for origin in origins:
            for _, fact in self.facts_of(origin, lost):
                for sku_id, delta in _moved(fact, sales):
                    levels[sku_id] = levels.get(sku_id, 0) + delta
        return {sku_id: level for sku_id, level in levels.items() if level}


def _moved(fact: Fact, sales: dict[UUID, SaleRecorded]) -> list[tuple[str, int]]:
    match fact:
        case SaleRecorded():
            moves = movements_of_sale(fact.lines)
        case TransactionVoided():
            moves = movements_of_sale(sales[fact.transaction_id].lines, AdjustmentType.VOID)
        case RefundRecorded():
            moves = movements_of_refund(fact.lines)
        case InventoryAdjusted():
            return [(fact.sku_id, fact.quantity_delta)]
        case _:
            return []
    return [(move.sku_id, move.quantity_delta) for move in moves]
