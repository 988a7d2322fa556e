"""Finding a past sale (FR-1.4): by its receipt, by its number, or in the list of today.

Sales of this till come from its own journal, with the hub away too; what came back of them at other tills
is asked of the hub. Sales of other tills, and those that this disk does not hold, are the hub's to tell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from courier.outage import Outage
from retail.barcode import ScanKind, read
from retail.refusal import Refusal
from retail.staff import Permission, demand
from terminal.errands import Errands
from terminal.notice import Notice, NoticeKind, notice_of
from terminal.returns.desk import ReturnDesk
from terminal.sales.paper import PaperDesk
from terminal.sales.port import HubSales, Till
from terminal.sales.state import SalesState
from terminal.till.cashier import Cashier
from terminal.till.known_sale import KnownSale, SaleInShort, SaleNotFound, Told

LISTED_MAX = 200
HUB_AWAY_SALES = "hub-away-sales"
"""Other tills' sales are not to be had without the hub."""
RETURNS_NOT_TOLD = "returns-not-told"
"""Whether another till gave something back for this sale is not to be had without the hub."""


class NoReceiptNumber(Refusal):
    """What was scanned or typed is no number of a receipt (`text`)."""

    code = "no-receipt-number"


class SalesDesk:
    """Lists and finds recorded sales; one of them can be open to be looked at, printed or given back."""

    def __init__(
        self,
        till: Till,
        hub: HubSales,
        cashier: Cashier,
        *,
        clock: Callable[[], datetime],
        errands: Errands,
        returning: Callable[[KnownSale, Told], ReturnDesk],
        paper: Callable[[UUID], PaperDesk],
    ) -> None:
        """`returning` makes the desk at which a sale is given back, `paper` that of its receipt."""
        self._till = till
        self._hub = hub
        self.cashier = cashier
        self._clock = clock
        self._errands = errands
        self._returning = returning
        self._paper = paper
        self._listeners: list[Callable[[SalesState], None]] = []
        self._state = SalesState()
        self.show_own()

    @property
    def state(self) -> SalesState:
        """What the screen shows."""
        return self._state

    def listen(self, changed: Callable[[SalesState], None]) -> None:
        """Call `changed` with the state after every deed."""
        self._listeners.append(changed)

    def show_own(self) -> None:
        """Today's sales of this till."""
        try:
            today = self._till.rules().calendar.business_date(self._clock())
            rows = self._till.sales_of_day(today, LISTED_MAX)
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self._show(SalesState(rows=tuple(rows)))

    def show_store(self) -> None:
        """Today's sales of every till of the store."""
        if not self._state.busy:
            self._show(SalesState(whole_store=True, busy=True))
            self._errands.run(self._hub.sales_found, done=self._listed, failed=self._not_listed)

    def find(self, text: str) -> None:
        """A receipt that was scanned, its whole number, or the figures at its end: then of this till, or of
        any till while the whole store is listed."""
        if self._state.busy:
            return
        try:
            number, sequence = self._number_in(text.strip())
            if sequence is not None and self._state.whole_store:
                self._ask(number, sequence)
                return
            known = self._till.sale_numbered(number)
        except Refusal as refusal:
            self._refuse(refusal)
            return
        if known is not None:
            self._open(known)
        else:
            self._ask(number, None)

    def open(self, row: SaleInShort) -> None:
        """Look at this sale of the list."""
        if self._state.busy:
            return
        try:
            known = self._till.past_sale(row.transaction_id)
        except Refusal as refusal:
            self._refuse(refusal)
            return
        if known is not None:
            self._open(known)
        else:
            self._fetch(row.transaction_id)

    def close(self) -> None:
        """Back to the list, with what has happened since."""
        if self._state.whole_store:
            self.show_store()
        else:
            self.show_own()

    def dismiss(self) -> None:
        """Take the notice away."""
        self._show(replace(self._state, notice=None))

    def paper_of(self, known: KnownSale) -> PaperDesk:
        """A desk for the receipt of this sale on paper."""
        return self._paper(known.sale.transaction_id)

    def may_print(self) -> bool:
        """Whether whoever is signed in may have a receipt printed again; says so if not."""
        try:
            demand(self.cashier.role, Permission.REPRINT)
        except Refusal as refusal:
            self._refuse(refusal)
            return False
        return True

    def _number_in(self, text: str) -> tuple[str, int | None]:
        """The whole number, and the figures where only they were typed; raises `NoReceiptNumber`."""
        if text.isascii() and text.isdigit() and len(text) <= 12:
            return f"{self._till.terminal_id}-{int(text):06d}", int(text)
        try:
            scan = read(text, self._till.rules().scan_rules)
        except Refusal:
            raise NoReceiptNumber(text=text[:40]) from None
        if scan.kind is not ScanKind.RECEIPT or scan.number is None:
            raise NoReceiptNumber(text=text[:40])
        return scan.number, None

    def _ask(self, receipt_number: str, sequence: int | None) -> None:
        """The hub knows what this journal does not."""

        def found(rows: list[SaleInShort]) -> None:
            if len(rows) == 1:
                self._show(replace(self._state, busy=False))
                self.open(rows[0])
            elif rows:
                self._show(replace(self._state, busy=False, rows=tuple(rows)))
            else:
                self._failed(SaleNotFound(receipt_number=receipt_number))

        self._show(replace(self._state, busy=True, notice=None))
        self._errands.run(
            lambda: self._hub.sales_found(
                receipt_number=receipt_number if sequence is None else None, sequence=sequence
            ),
            done=found,
            failed=self._failed,
        )

    def _fetch(self, transaction_id: UUID) -> None:
        def told(known: KnownSale) -> None:
            try:
                own = self._till.later_of(transaction_id)
            except Refusal as refusal:
                self._failed(refusal)
                return
            self._show(self._opened(known.with_later(own), Told.TOLD))

        self._show(replace(self._state, busy=True, notice=None))
        self._errands.run(lambda: self._hub.sale_told(transaction_id), done=told, failed=self._failed)

    def _open(self, known: KnownSale) -> None:
        """A sale of our own is shown at once; what other tills did with it comes when the hub has said so."""
        sale_id = known.sale.transaction_id

        def is_open() -> bool:
            opened = self._state.opened
            return opened is not None and opened.sale.transaction_id == sale_id

        def told(heard: KnownSale) -> None:
            if is_open():
                self._hear(known.with_later(heard.later), Told.TOLD)

        def not_told(problem: Exception) -> None:
            if not isinstance(problem, Refusal | Outage):
                raise problem
            if not is_open():
                return
            if isinstance(problem, SaleNotFound) and not self._till.hub_has(sale_id):
                # The hub has not heard of the sale yet: nobody else can have given anything back. One that
                # has lost its memory with its disk cannot say so.
                self._hear(known, Told.TOLD)
            else:
                self._hear(known, Told.AWAY, Notice(RETURNS_NOT_TOLD, {}, NoticeKind.HINT))

        self._show(self._opened(known, Told.ASKING))
        self._errands.run(lambda: self._hub.sale_told(sale_id), done=told, failed=not_told)

    def _opened(self, known: KnownSale, told: Told) -> SalesState:
        returning = self._returning(known, told)
        return replace(self._state, busy=False, opened=known, told=told, returning=returning, notice=None)

    def _hear(self, known: KnownSale, told: Told, notice: Notice | None = None) -> None:
        returning = self._state.returning
        assert returning is not None, "a sale is opened together with its desk"
        returning.heard(known, told)
        self._show(replace(self._state, opened=known, told=told, notice=notice))

    def _listed(self, rows: list[SaleInShort]) -> None:
        self._show(replace(self._state, rows=tuple(rows), busy=False))

    def _not_listed(self, problem: Exception) -> None:
        """Without the hub there is this till's own list, and a word about it."""
        self._show(SalesState())
        self.show_own()
        self._failed(problem)

    def _failed(self, problem: Exception) -> None:
        self._show(replace(self._state, busy=False))
        if not isinstance(problem, Refusal | Outage):
            raise problem
        self._refuse(problem)

    def _refuse(self, problem: Refusal | Outage) -> None:
        notice = notice_of(problem)
        if isinstance(problem, Outage):
            notice = Notice(HUB_AWAY_SALES, notice.detail, NoticeKind.OUTAGE)
        self._show(replace(self._state, notice=notice))

    def _show(self, state: SalesState) -> None:
        self._state = state
        for changed in self._listeners:
            changed(state)
