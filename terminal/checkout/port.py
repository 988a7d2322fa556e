"""What the checkout desk needs: the till's own data, and the hub's word about vouchers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from retail.barcode import Scan
from retail.basket import Basket, Totals
from retail.explain import NotGiven
from retail.member import Member
from retail.promotion_book import PromotionsOn
from retail.voucher import Voucher
from terminal.till.basket_copy import BasketCopy
from terminal.till.cashier import Cashier
from terminal.till.customer import Customer
from terminal.till.draft import Draft
from terminal.till.parking_slip import AtHub
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

    def member_by_phone(self, text: str) -> Member:
        """The member with this phone number; raises `PhoneNotReadable`, `MemberNotFound`."""

    def member_by_code(self, code: str) -> Member:
        """The member with this card; raises `MemberNotFound`."""

    def voucher(self, code: str, at: datetime) -> Voucher:
        """The voucher with this code, if it is good now as far as the till knows; raises
        `VoucherNotFound`, `VoucherNotBegun`, `VoucherEnded`, `VoucherUsed`."""

    def ring_up(self, basket: Basket, at: datetime, customer: Customer) -> Totals:
        """What the basket comes to at this moment for this customer, with the store's promotions."""

    def promotions_on(self, at: datetime, customer: Customer) -> PromotionsOn:
        """The promotions that are on for this customer; another object when news or the clock have
        changed them."""

    def near_misses(self, totals: Totals, currency: str, at: datetime, customer: Customer) -> list[NotGiven]:
        """Promotions that are on and have goods in the basket, but gave nothing."""

    def tax_rates(self, at: datetime) -> list[Decimal]:
        """The tax rates that goods have here, the one of most goods first."""

    def record_age_refused(self, decision_id: UUID, cashier: Cashier, goods: str, at: datetime) -> None:
        """Write down that these goods were not sold because of the customer's age; durable."""

    def park(self, draft: Draft, at: datetime) -> None:
        """Move the counter's basket aside, with its slip; durable when it returns, as all of these."""

    def put_aside(self, draft: Draft, at: datetime) -> None:
        """Keep a basket among the parked ones that was not at the counter."""

    def take_up(self, sale_id: UUID, draft: Draft, at: datetime) -> None:
        """Bring this basket to the counter, in the place of the parked one with this id if there is one."""

    def parked_drafts(self) -> list[Draft]:
        """The baskets parked at this till, the oldest first."""

    def parked_draft(self, sale_id: UUID) -> Draft | None:
        """The basket with this id, if it is parked at this till."""

    def drop_parked(self, sale_id: UUID) -> None:
        """Forget a parked basket."""

    def mark_parked(self, sale_id: UUID, at_hub: AtHub, at: datetime, life: str = "") -> None:
        """Note whether the hub has a parked basket, and which life of it."""

    def open_draft(self) -> Draft | None:
        """The basket that is open in the journal."""

    def keep_draft(self, draft: Draft, at: datetime) -> None:
        """Put the basket into the journal; durable when it returns."""

    def drop_draft(self) -> None:
        """Take the basket out of the journal."""


class HubBaskets(Protocol):
    """The hub's view of open baskets; every method may raise `Outage` and is called off the desk's thread.
    Asked again, each gives the same answer. `life` is the hub's that answered last about baskets: another
    one than before has forgotten what it was told, and refuses as if another till had it."""

    life: str

    def keep_basket(self, copy: BasketCopy) -> Mapping[str, int]:
        """The basket is this now; returns how many of its goods there are without what stands in it, by
        SKU. Raises `BasketElsewhere`."""

    def drop_basket(self, sale_id: UUID) -> None:
        """The basket is given up, if it still is this till's."""

    def take_basket(self, sale_id: UUID, cashier_id: str) -> dict[str, Any]:
        """The till's draft of a parked basket, which is this till's from now on; raises `BasketNotParked`."""

    def parked_baskets(self) -> list[dict[str, Any]]:
        """The parked baskets of the store, the oldest first, as the hub lists them."""

    def available(self, sku_id: str) -> int:
        """Pieces or grams of a product that stand in nobody's basket."""


class HubVouchers(Protocol):
    """The hub's word about vouchers; both methods may raise `Outage` or a refusal, and are called off the
    desk's thread. Asked again for the same sale, the answer is the same."""

    def claim_voucher(self, code: str, sale_id: UUID) -> None:
        """Keep the voucher for this sale; raises `VoucherUsed` when other sales have it."""

    def release_voucher(self, code: str, sale_id: UUID) -> None:
        """The sale goes on without the voucher."""


class Hub(HubVouchers, HubBaskets, Protocol):
    """The hub as the checkout desk needs it."""
