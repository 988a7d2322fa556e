"""The customer at the desk: what a phone number, a member's card or a voucher means for the sale."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from courier.outage import Outage
from retail.barcode import ScanKind, read
from retail.label import NotGoods
from retail.member import MemberNotFound, PhoneNotReadable
from retail.refusal import Refusal
from terminal.checkout.open_basket import OpenBasket
from terminal.checkout.port import HubVouchers, Till
from terminal.errands import Errands
from terminal.till.customer import NOBODY, Customer
from terminal.till.draft import Draft

Refused = Callable[[UUID, str, Refusal], None]


class CustomerServed(OpenBasket):
    """Who buys the open basket, and what they have shown."""

    _claims: VoucherClaims
    _billed: bool = False
    """The bill was handed over and stands, whatever the hub says later."""

    def take_member(self, text: str) -> None:
        """The sale is this member's, by phone number or by the code on their card (`MemberNotFound`)."""
        self._serve(partial(with_member, self._till, text))

    def drop_member(self) -> None:
        """The sale is nobody's."""
        self._serve(lambda customer: replace(customer, member=None))

    def take_voucher(self, text: str) -> None:
        """The customer shows this voucher: its promotion counts from here on. A hub that is there is asked
        whether it was used elsewhere, and takes it off again if it was (`VoucherUsed`)."""
        self._serve(partial(with_voucher, self._till, text, self._clock()))

    def drop_voucher(self, code: str) -> None:
        """The customer keeps this voucher for another time."""
        self._serve(lambda customer: customer.without_voucher(code))

    def _serve(self, deed: Callable[[Customer], Customer]) -> None:
        before = self._state.customer
        try:
            self._open()
            after = deed(before)
            self._keep(self._state.basket, None, customer=after)
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self._claims.follow(self._state.sale_id, before, after)

    def _given_up(self, draft: Draft) -> None:
        """Its vouchers are the customer's again."""
        super()._given_up(draft)
        self._claims.follow(draft.sale_id, draft.customer, NOBODY)

    def _voucher_refused(self, sale_id: UUID, code: str, refusal: Refusal) -> None:
        """The hub's no, which comes a moment later."""
        if sale_id == self._state.sale_id and not self._billed:
            self.drop_voucher(code)
            self._refuse(refusal)


def with_member(till: Till, text: str, customer: Customer) -> Customer:
    """The customer as the member with this phone number or card; raises `MemberNotFound`."""
    with suppress(PhoneNotReadable, MemberNotFound):
        return replace(customer, member=till.member_by_phone(text))
    return replace(customer, member=till.member_by_code(_number(till, text, ScanKind.MEMBER)))


def with_voucher(till: Till, text: str, at: datetime, customer: Customer) -> Customer:
    """The customer with one more voucher.

    Raises `VoucherNotFound`, `VoucherNotBegun`, `VoucherEnded`, `VoucherUsed` and `VoucherTaken`.
    """
    return customer.with_voucher(till.voucher(_number(till, text, ScanKind.VOUCHER), at))


def with_card(till: Till, scanned: NotGoods, at: datetime, customer: Customer) -> Customer:
    """The customer with what was scanned among the goods: a member's card or a voucher.

    Raises as the others do, and `scanned` itself where it is neither.
    """
    kind, number = scanned.detail["kind"], scanned.detail["number"]
    if kind == ScanKind.MEMBER:
        return replace(customer, member=till.member_by_code(number))
    if kind == ScanKind.VOUCHER:
        return customer.with_voucher(till.voucher(number, at))
    raise scanned


def _number(till: Till, text: str, kind: ScanKind) -> str:
    """The number inside a code of this kind; any other text is the number itself, as it was typed."""
    with suppress(Refusal):
        scan = read(text, till.rules().scan_rules, till.knows)
        if scan.kind is kind and scan.number:
            return scan.number
    return text


class VoucherClaims:
    """Asks the hub, beside the sale, whether the vouchers on it are free in the whole store.

    A hub that is away is no reason to send a customer off: the voucher stays on the sale, and one that was
    used twice while nobody could know is for head office to review.
    """

    def __init__(self, hub: HubVouchers, errands: Errands, refused: Refused) -> None:
        """`refused` hears of a voucher that the hub does not give: which sale, which code, and why."""
        self._hub = hub
        self._errands = errands
        self._refused = refused

    def follow(self, sale_id: UUID, before: Customer, after: Customer) -> None:
        """Claim what has come onto this sale and let go of what has left it."""
        for voucher in before.vouchers:
            if voucher not in after.vouchers:
                self._release(sale_id, voucher.code)
        for voucher in after.vouchers:
            if voucher not in before.vouchers:
                self._claim(sale_id, voucher.code)

    def _claim(self, sale_id: UUID, code: str) -> None:
        def failed(problem: Exception) -> None:
            if isinstance(problem, Refusal):
                self._refused(sale_id, code, problem)
            elif not isinstance(problem, Outage):
                raise problem

        self._errands.run(lambda: self._hub.claim_voucher(code, sale_id), done=_nothing, failed=failed)

    def _release(self, sale_id: UUID, code: str) -> None:
        def failed(problem: Exception) -> None:
            if not isinstance(problem, Refusal | Outage):
                raise problem

        self._errands.run(lambda: self._hub.release_voucher(code, sale_id), done=_nothing, failed=failed)


def _nothing(_: None) -> None:
    """The hub has agreed, and the sale goes on as it stands."""
