"""The till's own data as its desks see it: the catalogue to sell from and the journal to sell into."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from retail.barcode import Scan
from retail.basket import ring_up
from retail.facts import SaleRecorded
from retail.payment import settle
from retail.receipt import Receipt, receipt_of
from terminal.till.cashier import Cashier
from terminal.till.catalogue import Catalogue
from terminal.till.draft import Draft
from terminal.till.journal import Journal
from terminal.till.rules import ChainRules
from terminal.till.wares import ProductHit, Ware


class Till:
    """What checkout and payment desk need; methods raise refusals, of the shop or of the disk."""

    def __init__(self, journal: Journal, catalogue: Catalogue, *, recorded: Callable[[], None]) -> None:
        """`recorded` is called after each sale is final (it wakes the sender)."""
        self.journal = journal
        self.catalogue = catalogue
        self._recorded = recorded

    def rules(self) -> ChainRules:
        """The chain's settings as they are now."""
        return self.catalogue.rules()

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
    ) -> Receipt:
        """Make a paid draft a sale, in one commit, and give its receipt.

        Raises `Underpaid` or `Overpaid` when the tenders do not cover the total exactly.
        """
        calendar = self.rules().calendar
        totals = ring_up(draft.basket)
        tenders = settle(totals.total_amount, draft.tenders)
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
            )

        sale, proof = self.journal.record_sale(draft.sale_id, numbered, at)
        self._recorded()
        return receipt_of(sale, self.catalogue.card(), calendar, proof)
