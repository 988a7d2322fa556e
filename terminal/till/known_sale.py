"""A recorded sale as a till knows it: from its own journal, from the hub, or from both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from typing import Any, TypeVar
from uuid import UUID

from retail.facts import SaleRecorded
from retail.refund import Later
from retail.refund_facts import RefundRecorded, TransactionVoided
from retail.refusal import Refusal

Returned = TypeVar("Returned", RefundRecorded, TransactionVoided)


class SaleNotFound(Refusal):
    """Neither this till nor the store's server knows a sale with this number (`receipt_number`)."""

    code = "sale-not-found"


class HubSaysNo(Refusal):
    """The hub does not do this (`reason`: its code)."""

    code = "hub-says-no"


@dataclass(frozen=True, slots=True)
class SaleInShort:
    """A recorded sale as a list shows it; amounts in minor units.

    `given_back` is what came back of it as far as is known here; a `void` sale gave everything back.
    """

    transaction_id: UUID
    receipt_number: str
    terminal_id: str
    cashier_id: str
    sold_at: datetime
    total_amount: int
    given_back: int = 0
    void: bool = False


@dataclass(frozen=True, slots=True)
class KnownSale:
    """A recorded sale, what came back of it since, and the hash that seals it (or its head)."""

    sale: SaleRecorded
    later: tuple[Later, ...]
    proof: str

    def with_later(self, more: Iterable[Later]) -> KnownSale:
        """The same with facts that somebody else knew, each once, in the order of their moments."""
        by_key = {_key(fact): fact for fact in (*self.later, *more)}
        return replace(self, later=tuple(sorted(by_key.values(), key=_moment)))


class Told(Enum):
    """Whether the hub has said what came back of a sale at other tills."""

    ASKING = auto()
    TOLD = auto()
    AWAY = auto()


class PaperState(Enum):
    """Whether a receipt is on paper."""

    NONE = auto()
    COMING = auto()
    PRINTED = auto()
    IN_TROUBLE = auto()


@dataclass(frozen=True, slots=True)
class Papers:
    """What became of the papers of a sale; `has_printer`: the store has one at all."""

    state: PaperState
    has_printer: bool = True


def later_facts(bodies: Sequence[tuple[str, Mapping[str, Any]]]) -> tuple[Later, ...]:
    """Refunds and voids from their kinds and bodies; raises KeyError, TypeError or ValueError."""
    kinds: dict[str, type[RefundRecorded | TransactionVoided]] = {
        kind.event_type: kind for kind in (RefundRecorded, TransactionVoided)
    }
    return tuple(kinds[event_type].from_body(body) for event_type, body in bodies)


def _key(fact: Later) -> UUID:
    return fact.refund_id if isinstance(fact, RefundRecorded) else fact.transaction_id


def _moment(fact: Later) -> datetime:
    return fact.refunded_at if isinstance(fact, RefundRecorded) else fact.voided_at
