"""What the checkout desk needs of the till's own data."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from retail.barcode import Scan
from retail.basket import Basket, Totals
from retail.explain import NotGiven
from retail.promotion_book import PromotionsOn
from terminal.till.cashier import Cashier
from terminal.till.draft import Draft
from terminal.till.rules import ChainRules
from terminal.till.wares import ProductHit, Ware


class Till(Protocol):
    """Every method may refuse with a `Refusal`."""

    def rules(self) -> ChainRules:
        """The chain's settings as they are now."""

    def knows(self, key: str) -> bool:
        """Whether this very code, or a GTIN with this 14-figure key, is a barcode of the catalogue."""

    def ware_by_barcode(self, scan: Scan, at: datetime) -> Ware:
        """The product of a barcode; raises `ProductNotFound`, `ProductNotForSale`, `NoPrice`."""

    def ware_by_sku(self, sku_id: str, at: datetime) -> Ware:
        """The product with this SKU; raises `ProductNotFound`, `ProductNotForSale`, `NoPrice`."""

    def search(self, text: str, at: datetime) -> list[ProductHit]:
        """Products by words, with and without diacritics."""

    def groups(self) -> list[str]:
        """The categories of the catalogue."""

    def shelf(self, group: str, at: datetime) -> list[ProductHit]:
        """The products of a category."""

    def ring_up(self, basket: Basket, at: datetime) -> Totals:
        """What the basket comes to at this moment, with the store's promotions."""

    def promotions_on(self, at: datetime) -> PromotionsOn:
        """The promotions that are on; another object when news or the clock have changed them."""

    def near_misses(self, totals: Totals, currency: str, at: datetime) -> list[NotGiven]:
        """Promotions that are on and have goods in the basket, but gave nothing."""

    def tax_rates(self, at: datetime) -> list[Decimal]:
        """The tax rates that goods have here, the one of most goods first."""

    def record_age_refused(self, decision_id: UUID, cashier: Cashier, goods: str, at: datetime) -> None:
        """Write down that these goods were not sold because of the customer's age; durable."""

    def open_draft(self) -> Draft | None:
        """The basket that is open in the journal."""

    def keep_draft(self, draft: Draft, at: datetime) -> None:
        """Put the basket into the journal; durable when it returns."""

    def drop_draft(self) -> None:
        """Take the basket out of the journal."""
