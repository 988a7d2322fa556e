"""The till's own data as its desks see it: the catalogue to sell from and the journal to sell into."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from retail.access_facts import AccessDecided, AccessDeed, AccessOutcome
from retail.approval import REASON_LIMIT
from retail.barcode import Scan
from retail.basket import Basket, Totals, ring_up
from retail.explain import NotGiven, near_misses
from retail.facts import SaleRecorded
from retail.payment import settle
from retail.promotion_book import Occasion, PromotionsOn
from retail.receipt import Receipt, receipt_of
from terminal.till.cashier import Cashier
from terminal.till.catalogue import Catalogue
from terminal.till.draft import Draft
from terminal.till.journal import Journal, Recorded
from terminal.till.rules import ChainRules
from terminal.till.wares import ProductHit, Ware


class Till:
    """What checkout and payment desk need; methods raise refusals, of the shop or of the disk."""

    def __init__(self, journal: Journal, catalogue: Catalogue, *, recorded: Callable[[], None]) -> None:
        """`recorded` is called after each fact is final (it wakes the sender)."""
        self.journal = journal
        self.catalogue = catalogue
        self._recorded = recorded

    def rules(self) -> ChainRules:
        """The chain's settings as they are now."""
        return self.catalogue.rules()

    def knows(self, key: str) -> bool:
        """See `Catalogue.knows`."""
        return self.catalogue.knows(key)

    def ware_by_barcode(self, scan: Scan, at: datetime) -> Ware:
        """See `Catalogue.ware_by_barcode`."""
        return self.catalogue.ware_by_barcode(scan, at)

    def ware_by_sku(self, sku_id: str, at: datetime) -> Ware:
        """See `Catalogue.ware_by_sku`."""
        return self.catalogue.ware_by_sku(sku_id, at)

    def search(self, text: str, at: datetime) -> list[ProductHit]:
        """See `Catalogue.search`."""
        return self.catalogue.search(text, at)

    def groups(self) -> list[str]:
        """See `Catalogue.groups`."""
        return self.catalogue.groups()

    def shelf(self, group: str, at: datetime) -> list[ProductHit]:
        """See `Catalogue.shelf`."""
        return self.catalogue.shelf(group, at)

    def ring_up(self, basket: Basket, at: datetime) -> Totals:
        """What the basket comes to here at this moment, with the store's promotions."""
        return ring_up(basket, self.catalogue.promotions(), self._occasion(at))

    def promotions_on(self, at: datetime) -> PromotionsOn:
        """The promotions that are on; the same object as long as neither they nor the clock make a
        difference."""
        return self.catalogue.promotions().on(self._occasion(at))

    def near_misses(self, totals: Totals, currency: str, at: datetime) -> list[NotGiven]:
        """Promotions that are on and have goods in this basket, but gave nothing; see `retail.explain`."""
        return near_misses(totals, currency, self.catalogue.promotions(), self._occasion(at))

    def _occasion(self, at: datetime) -> Occasion:
        return Occasion(at, self.journal.store_id, self.rules().calendar)

    def open_draft(self) -> Draft | None:
        """See `Journal.open_draft`."""
        return self.journal.open_draft()

    def keep_draft(self, draft: Draft, at: datetime) -> None:
        """See `Journal.keep_draft`."""
        self.journal.keep_draft(draft, at)

    def drop_draft(self) -> None:
        """See `Journal.drop_draft`."""
        self.journal.drop_draft()

    def record_sale(
        self,
        draft: Draft,
        cashier: Cashier,
        *,
        sold_at: datetime,
        at: datetime,
        external_reference: str | None,
        rounding_amount: int = 0,
    ) -> Receipt:
        """Make a paid draft a sale, in one commit, and give its receipt.

        The bill is the draft's own (`Draft.totals`); `rounding_amount` is what rounding the cash adds to
        it. Raises `Underpaid` or `Overpaid` when the tenders do not cover both exactly.
        """
        calendar = self.rules().calendar
        totals = draft.totals
        tenders = settle(totals.total_amount + rounding_amount, draft.tenders)
        business_date = calendar.business_date(sold_at)
        terminal_id = self.journal.terminal_id

        def numbered(sequence: int) -> SaleRecorded:
            return SaleRecorded(
                transaction_id=draft.sale_id,
                store_id=self.journal.store_id,
                terminal_id=terminal_id,
                cashier_id=cashier.employee_id,
                receipt_number=f"{terminal_id}-{sequence:06d}",
                business_date=business_date,
                sold_at=sold_at,
                currency=draft.basket.currency,
                prices_include_tax=draft.basket.prices_include_tax,
                lines=draft.basket.lines,
                totals=totals,
                tenders=tenders,
                external_reference=external_reference,
                rounding_amount=rounding_amount,
                rung_up_at=draft.rung_up_at,
                age_check=draft.age,
            )

        sale, proof = self.journal.record_sale(draft.sale_id, numbered, at)
        self._recorded()
        return receipt_of(sale, self.catalogue.card(), calendar, proof)

    def record_age_refused(self, decision_id: UUID, cashier: Cashier, goods: str, at: datetime) -> None:
        """Write down that these goods were not sold because of the customer's age."""
        decision = AccessDecided(
            decision_id=decision_id,
            store_id=self.journal.store_id,
            terminal_id=self.journal.terminal_id,
            actor=cashier.employee_id,
            deed=AccessDeed.CHECK_AGE,
            outcome=AccessOutcome.REFUSED,
            decided_at=at,
            role=cashier.role,
            reason=goods[:REASON_LIMIT],
        )
        self.record_fact(decision_id, lambda _: decision, ("access", decision_id), at)

    def tax_rates(self, at: datetime) -> list[Decimal]:
        """See `Catalogue.tax_rates_at`."""
        return self.catalogue.tax_rates_at(at)

    def record_fact(
        self,
        event_id: UUID,
        fact_numbered: Callable[[int], Recorded],
        about: tuple[str, UUID],
        at: datetime,
        also: Callable[[sqlite3.Connection, int], None] | None = None,
    ) -> tuple[Recorded, str]:
        """See `Journal.record_fact`; the sender is woken."""
        recorded = self.journal.record_fact(event_id, fact_numbered, about, at, also)
        self._recorded()
        return recorded
