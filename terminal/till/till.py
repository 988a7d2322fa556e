"""The till's own data as its desks see it: the catalogue to sell from and the journal to sell into."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from retail.access_facts import AccessDecided, AccessDeed, AccessOutcome
from retail.approval import REASON_LIMIT
from retail.barcode import Scan
from retail.basket import Basket, Totals, ring_up
from retail.explain import NotGiven, near_misses
from retail.facts import SaleRecorded
from retail.loyalty import points_for
from retail.member import Member
from retail.payment import settle
from retail.promotion_book import Occasion, PromotionsOn
from retail.receipt import Receipt, receipt_of
from retail.receipt_link import receipt_link
from retail.refund import Later
from retail.voucher import Voucher, redeemed
from terminal.till import left_codes
from terminal.till.cashier import Cashier
from terminal.till.catalogue import Catalogue
from terminal.till.customer import NOBODY, Customer
from terminal.till.draft import Draft
from terminal.till.drawer import Drawer
from terminal.till.journal import Journal, Recorded
from terminal.till.known_sale import KnownSale, Returned, SaleInShort
from terminal.till.parked import ParkedBaskets
from terminal.till.parking_slip import AtHub
from terminal.till.past_sales import PastSales
from terminal.till.qr import QrAsk
from terminal.till.rules import ChainRules
from terminal.till.wares import ProductHit, Ware

HASH_LENGTH = 64
"""Of a whole SHA-256 in hexadecimal."""


class Till:
    """What checkout and payment desk need; methods raise refusals, of the shop or of the disk."""

    def __init__(self, journal: Journal, catalogue: Catalogue, *, recorded: Callable[[], None]) -> None:
        """`recorded` is called after each fact is final (it wakes the sender)."""
        self.journal = journal
        self.catalogue = catalogue
        self._recorded = recorded
        self._parked = ParkedBaskets(journal)
        self._past = PastSales(journal)
        self.drawer = Drawer(journal, recorded)

    def record_access(self, decided: AccessDecided) -> None:
        """Make a decision about a person final."""
        about = ("Access", decided.decision_id)
        self.record_fact(decided.decision_id, lambda _: decided, about, decided.decided_at)

    def leave_code(self, ask: QrAsk, sale_id: UUID, at: datetime) -> None:
        """See `left_codes.note`."""
        left_codes.note(self.journal, ask, sale_id, at)

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

    def member_by_phone(self, text: str) -> Member:
        """See `Catalogue.member_by_phone`."""
        return self.catalogue.member_by_phone(text)

    def member_by_code(self, code: str) -> Member:
        """See `Catalogue.member_by_code`."""
        return self.catalogue.member_by_code(code)

    def voucher(self, code: str, at: datetime) -> Voucher:
        """The voucher with this code if it is good now, as far as this till knows.

        Raises `VoucherNotFound`, `VoucherNotBegun`, `VoucherEnded` and `VoucherUsed`.
        """
        found = self.catalogue.voucher(code)
        return found.demand_good(at, self.journal.voucher_uses(found.code))

    def ring_up(self, basket: Basket, at: datetime, customer: Customer = NOBODY) -> Totals:
        """What the basket comes to here at this moment for this customer, with the store's promotions."""
        return ring_up(basket, self.catalogue.promotions(), self._occasion(at, customer))

    def promotions_on(self, at: datetime, customer: Customer = NOBODY) -> PromotionsOn:
        """The promotions that are on for this customer; the same object as long as neither they nor the
        clock make a difference."""
        return self.catalogue.promotions().on(self._occasion(at, customer))

    def near_misses(
        self, totals: Totals, currency: str, at: datetime, customer: Customer = NOBODY
    ) -> list[NotGiven]:
        """Promotions that are on and have goods in this basket, but gave nothing; see `retail.explain`."""
        return near_misses(totals, currency, self.catalogue.promotions(), self._occasion(at, customer))

    def points_for(self, totals: Totals, member: Member | None, *, prices_include_tax: bool) -> int:
        """The points that this bill earns the member by the rules of now."""
        if member is None:
            return 0
        return points_for(totals, self.rules().loyalty, member.tier, prices_include_tax=prices_include_tax)

    def _occasion(self, at: datetime, customer: Customer) -> Occasion:
        return Occasion(
            at,
            self.journal.store_id,
            self.rules().calendar,
            is_member=customer.member is not None,
            vouchers=customer.promo_ids,
        )

    def open_draft(self) -> Draft | None:
        """See `Journal.open_draft`."""
        return self.journal.open_draft()

    def keep_draft(self, draft: Draft, at: datetime) -> None:
        """See `Journal.keep_draft`."""
        self.journal.keep_draft(draft, at)

    def park(self, draft: Draft, at: datetime) -> None:
        """See `ParkedBaskets.park`."""
        self._parked.park(draft, at)

    def put_aside(self, draft: Draft, at: datetime) -> None:
        """See `ParkedBaskets.put_aside`."""
        self._parked.put_aside(draft, at)

    def take_up(self, sale_id: UUID, draft: Draft, at: datetime) -> None:
        """See `ParkedBaskets.take_up`."""
        self._parked.take_up(sale_id, draft, at)

    def parked_drafts(self) -> list[Draft]:
        """See `ParkedBaskets.all`."""
        return self._parked.all()

    def parked_draft(self, sale_id: UUID) -> Draft | None:
        """See `ParkedBaskets.find`."""
        return self._parked.find(sale_id)

    def drop_parked(self, sale_id: UUID) -> None:
        """See `ParkedBaskets.drop`."""
        self._parked.drop(sale_id)

    def mark_parked(self, sale_id: UUID, at_hub: AtHub, at: datetime, life: str = "") -> None:
        """See `ParkedBaskets.mark`."""
        self._parked.mark(sale_id, at_hub, at, life)

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
        member = draft.customer.member
        points = self.points_for(totals, member, prices_include_tax=draft.basket.prices_include_tax)

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
                member_id=member.member_id if member else None,
                points_earned=points,
                vouchers=redeemed(draft.customer.vouchers, totals.applied_promotions),
            )

        sale, proof = self.journal.record_sale(draft.sale_id, numbered, at)
        self._recorded()
        receipt = receipt_of(sale, self.catalogue.card(), calendar, proof, member.name if member else "")
        return self._for_phones(receipt, sale.transaction_id, proof)

    def _for_phones(self, receipt: Receipt, transaction_id: UUID, sealed: str) -> Receipt:
        """The receipt with its address; of a sale whose whole hash is not here it has none."""
        url = self.rules().receipt_url
        if not url or len(sealed) < HASH_LENGTH:
            return receipt
        return replace(receipt, url=receipt_link(url, transaction_id, sealed))

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
        self.record_access(decision)

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

    def sales_of_day(self, day: date, count_max: int) -> list[SaleInShort]:
        """See `PastSales.of_day`."""
        return self._past.of_day(day, count_max)

    def sale_numbered(self, receipt_number: str) -> KnownSale | None:
        """See `PastSales.numbered`."""
        return self._past.numbered(receipt_number)

    def past_sale(self, transaction_id: UUID) -> KnownSale | None:
        """See `PastSales.sale`."""
        return self._past.sale(transaction_id)

    def hub_has(self, transaction_id: UUID) -> bool:
        """See `PastSales.hub_has`."""
        return self._past.hub_has(transaction_id)

    def later_of(self, transaction_id: UUID) -> tuple[Later, ...]:
        """See `PastSales.later_of`."""
        return self._past.later_of(transaction_id)

    def record_return(
        self,
        event_id: UUID,
        return_numbered: Callable[[str], Returned],
        about: tuple[str, UUID],
        at: datetime,
    ) -> tuple[Returned, str]:
        """See `PastSales.record`; the sender is woken."""
        recorded = self._past.record(event_id, return_numbered, about, at)
        self._recorded()
        return recorded

    def receipt(self, known: KnownSale) -> Receipt:
        """The receipt of a recorded sale, as this store prints it."""
        receipt = receipt_of(known.sale, self.catalogue.card(), self.rules().calendar, known.proof)
        return self._for_phones(receipt, known.sale.transaction_id, known.proof)

    @property
    def terminal_id(self) -> str:
        """This till's name."""
        return self.journal.terminal_id

    @property
    def store_id(self) -> str:
        """The store it stands in."""
        return self.journal.store_id
