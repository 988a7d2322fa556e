"""The desks of one till, made where they are needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from retail.access_facts import AccessDecided
from terminal.access import AccessBook
from terminal.approval import ApprovalAsk
from terminal.checkout.desk import CheckoutDesk
from terminal.checkout.port import Hub as CheckoutHub
from terminal.drawer.desk import ShiftDesk
from terminal.drawer.port import Hub as ShiftHub
from terminal.drawer.port import Till as ShiftTill
from terminal.errands import Errands
from terminal.oversight.desk import ApprovalDesk
from terminal.payment.desk import PaymentDesk
from terminal.payment.orphans_desk import OrphansDesk
from terminal.payment.port import HubOrphans, HubPayments
from terminal.payment.port import Till as PaymentTill
from terminal.pin_tries import PinTries
from terminal.returns.desk import ReturnDesk
from terminal.returns.no_receipt import NoReceiptDesk
from terminal.returns.port import ShelfTill
from terminal.sales.desk import SalesDesk
from terminal.sales.paper import PaperDesk
from terminal.sales.port import HubPapers, HubSales
from terminal.sales.port import Till as SalesTill
from terminal.shift.desk import People, SignInDesk
from terminal.till.cashier import Cashier
from terminal.till.draft import Draft
from terminal.till.known_sale import KnownSale, Told


class Till(ShelfTill, PaymentTill, SalesTill, ShiftTill, Protocol):
    """The till's own data as all desks together need it."""

    def record_access(self, decided: AccessDecided) -> None:
        """Make a decision about a person final."""


class Hub(HubPayments, CheckoutHub, HubSales, HubPapers, ShiftHub, HubOrphans, Protocol):
    """The hub as all desks together need it."""


@dataclass(frozen=True, slots=True)
class Desks:
    """Makes desks over one till. `errands` carries their slow work (`with_errands` for a window's own);
    `mirrored`: the hub hears of open baskets as they change."""

    till: Till
    people: People
    hub: Hub
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    errands: Errands
    tries: PinTries = field(default_factory=PinTries)
    mirrored: bool = False

    def with_errands(self, errands: Errands) -> Desks:
        """The same desks with their slow work carried elsewhere."""
        return replace(self, errands=errands)

    def sign_in(self) -> SignInDesk:
        """A desk to sign in at."""
        return SignInDesk(self.people, self.access, clock=self.clock, errands=self.errands, tries=self.tries)

    def approval(self, ask: ApprovalAsk, asked_by: Cashier) -> ApprovalDesk:
        """A desk to say yes at, to what somebody wants to do."""
        return ApprovalDesk(
            self.people,
            self.access,
            ask,
            asked_by,
            clock=self.clock,
            errands=self.errands,
            tries=self.tries,
        )

    def shift(self, cashier: Cashier) -> ShiftDesk:
        """The desk of the drawer, with the shift that is open on it."""
        return ShiftDesk(
            self.till,
            cashier,
            self.access,
            self.hub,
            clock=self.clock,
            new_id=self.new_id,
            errands=self.errands,
        )

    @property
    def access(self) -> AccessBook:
        """Where decisions about people are noted."""
        till = self.till
        return AccessBook(till.store_id, till.terminal_id, till.record_access, self.people.knows, self.new_id)

    def checkout(self, cashier: Cashier, *, with_promotions: bool = True) -> CheckoutDesk:
        """The checkout desk, with the basket that was open when the till last stopped.

        `with_promotions` is false for replays, whose baskets say themselves what was taken off.
        """
        return CheckoutDesk(
            self.till,
            self.hub,
            cashier,
            clock=self.clock,
            new_id=self.new_id,
            errands=self.errands,
            with_promotions=with_promotions,
            mirrored=self.mirrored,
        )

    def orphans(self, cashier: Cashier) -> OrphansDesk:
        """A desk for money that came late; raises the disk's refusals."""
        parked = {draft.sale_id for draft in self.till.parked_drafts()}
        return OrphansDesk(self.hub, cashier, self.errands, parked)

    def sales(self, cashier: Cashier) -> SalesDesk:
        """A desk to find past sales at."""

        def returning(known: KnownSale, told: Told) -> ReturnDesk:
            return ReturnDesk(self.till, known, told, cashier, clock=self.clock, new_id=self.new_id)

        return SalesDesk(
            self.till,
            self.hub,
            cashier,
            clock=self.clock,
            errands=self.errands,
            returning=returning,
            paper=lambda transaction_id: self.paper(transaction_id, cashier),
        )

    def without_receipt(self, cashier: Cashier) -> NoReceiptDesk:
        """A desk for goods whose receipt nobody has."""
        return NoReceiptDesk(self.till, cashier, clock=self.clock, new_id=self.new_id)

    def paper(self, transaction_id: UUID, cashier: Cashier) -> PaperDesk:
        """A desk for the receipt of this sale on paper."""
        return PaperDesk(self.hub, transaction_id, cashier.employee_id, errands=self.errands)

    def payment(
        self,
        draft: Draft,
        cashier: Cashier,
        *,
        sold_at: datetime | None = None,
        external_reference: str | None = None,
    ) -> PaymentDesk:
        """A desk to pay this draft at; the last two belong to replays."""
        return PaymentDesk(
            self.till,
            self.hub,
            draft,
            cashier,
            clock=self.clock,
            new_id=self.new_id,
            errands=self.errands,
            on_paper=self.paper(draft.sale_id, cashier),
            sold_at=sold_at,
            external_reference=external_reference,
        )
