"""The till's window: one page at a time, and the scanner that reaches the basket from any of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import structlog
from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from retail.money import currency_of
from terminal.attendance import Attendance
from terminal.background import Background, Relay
from terminal.checkout.desk import CheckoutDesk
from terminal.checkout.screen import CheckoutScreen
from terminal.checkout.state import CheckoutState
from terminal.counter import Counter, back_to_basket, next_basket, park_unpaid
from terminal.cues import Cue, Cues
from terminal.devices.scanner import Scanner
from terminal.notice import Notice, NoticeKind
from terminal.pages import Pages
from terminal.payment.desk import PaymentDesk
from terminal.payment.receipt_page import ReceiptScreen
from terminal.payment.screen import PaymentScreen
from terminal.payment.state import PaymentState
from terminal.shift.desk import SignInState
from terminal.shift.screen import SignInScreen
from terminal.side_pages import SidePages
from terminal.sync_state import SyncState
from terminal.tasks import AtTheTill, Dress
from terminal.till.draft import Draft
from terminal.widgets.look import BASE_HEIGHT, Look, Theme, is_upright, load_fonts, scale_for
from terminal.widgets.screen import Screen, SideScreen
from terminal.widgets.top_bar import TopBar
from terminal.widgets.typed import carry_over
from terminal.wording import Language, Wording

log = structlog.stdlib.get_logger("terminal.window")

TICK_MS = 1_000


class MainWindow(QWidget):
    """Sign-in, checkout, payment and receipt, one after the other.

    Signals:
        link_changed(object): a `SyncState`; may be emitted from any thread.
        news_arrived(): master data changed; may be emitted from any thread.
        attended(object, object): the checkout desk and the payment desk that are at work, or None.
    """

    link_changed = Signal(object)
    news_arrived = Signal()
    attended = Signal(object, object)

    def __init__(
        self,
        counter: Counter,
        background: Background,
        *,
        clock: Callable[[], datetime],
        now_ms: Callable[[], float],
        language: Language = Language.VI,
        theme: Theme = Theme.DAY,
        play: Callable[[Cue], object] = lambda _: QApplication.beep(),
    ) -> None:
        """`now_ms` is a monotonic clock in milliseconds; `play` makes a sound and does not wait for it."""
        super().__init__()
        load_fonts()
        self._counter = counter
        self._background = background
        self._clock = clock
        self._cues = Cues(play)
        self._own_language = language
        self._asked_language: Language | None = None
        self._look = Look(theme)
        self._words = self._wording(language)
        self._link: SyncState | None = None
        self._checkout: CheckoutDesk | None = None
        self._checkout_relay: Relay | None = None
        self._payment: PaymentDesk | None = None
        self._payment_relay: Relay | None = None
        self._opening_payment = False
        self._held_scans: list[str] = []
        self._side = SidePages(self._dressed(), self)
        self._side.changed.connect(self._show)
        self.setObjectName("window")
        self.setWindowTitle(f"Everopen {counter.terminal_id}")
        self.setMinimumSize(BASE_HEIGHT, BASE_HEIGHT)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.attendance = Attendance(counter, background, clock, self)
        self.attendance.changed.connect(self._signed)
        self.attendance.came.connect(self._begin)
        self.attendance.went.connect(self._end)
        self.attendance.idle.timed_out.connect(self._lock)
        self._side.attend(self.attendance)
        self.link_changed.connect(self.show_link)
        self.news_arrived.connect(self._news)
        self.scanner = Scanner(now_ms, parent=self)
        self.scanner.scanned.connect(self.take_scan)
        self.scanner.listen(self)
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._show_time)
        self._tick.start()
        self.setStyleSheet(self._look.stylesheet())
        self.bar = self._new_bar()
        self._pages = self._new_pages()
        self._column.addWidget(self.bar)
        self._column.addWidget(self._pages, 1)
        self._show()

    # ------------------------------------------------------------------ from outside

    @property
    def language(self) -> Language:
        """What the window speaks now."""
        return self._words.language

    @property
    def checkout_desk(self) -> CheckoutDesk | None:
        """The desk of whoever is signed in; its deeds belong on the till's lane."""
        return self._checkout

    @property
    def payment_desk(self) -> PaymentDesk | None:
        """The desk of the payment that is under way."""
        return self._payment

    @Slot(object)
    def show_link(self, link: SyncState | None) -> None:
        """Show where the way to the hub stands."""
        self._link = link
        self.bar.light.show_link(link)
        if self.page is not None:
            self.page.show_link(link)

    @Slot(str)
    def take_scan(self, text: str) -> None:
        """A scan, wherever the focus was."""
        page = self.page
        if self._opening_payment:
            self._held_scans.append(text)
        elif isinstance(page, SideScreen | CheckoutScreen | SignInScreen):
            page.take_scan(text)
        elif isinstance(page, ReceiptScreen):
            self._next_customer(text)
        elif isinstance(page, PaymentScreen) and page.untouched:
            self._take_back(text)
        elif isinstance(page, PaymentScreen):
            self._too_late()

    def bug(self, error: BaseException) -> None:
        """Something that no table foresees: a reference for the cashier, everything else in the log."""
        reference = f"{self._words.calendar.local(self._clock()):%H%M%S}"
        log.error("unexpected error", reference=reference, exc_info=error)
        if self.page is not None:
            self.page.tell(Notice("unexpected", {"reference": reference}))
        self._cues.refusal()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Type and keys grow with the window; a new size of type, or another way up, needs new pages."""
        super().resizeEvent(event)
        width, height = self.width(), self.height()
        look = Look(self._look.theme, scale_for(width, height), is_upright(width, height))
        if look != self._look:
            self._look = look
            QTimer.singleShot(0, self, self._dress)

    # ------------------------------------------------------------------ from page to page

    def _signed(self, state: SignInState) -> None:
        if isinstance(self.page, SignInScreen):
            self.page.show_state(state)
        self._cues.notice(state.notice)

    def _end(self) -> None:
        self._checkout = None
        self._side.end()
        assert self._checkout_relay is not None, "a desk has its relay"
        self._checkout_relay.deleteLater()
        self._words = self._wording(self._own_language)
        self._dress()

    def _lock(self) -> None:
        """Not while somebody pays: the customer looks at this screen too."""
        if self._payment is None or self._payment.state.receipt is not None:
            self.attendance.lock()

    def _begin(self, at: AtTheTill) -> None:
        desk = at.checkout
        asked, self._asked_language = self._asked_language, None
        with suppress(ValueError):
            self._words = self._wording(asked or Language(at.cashier.language))
        self._checkout = desk
        self._side.begin(at)
        self._checkout_relay = Relay(desk.listen, self)
        self._checkout_relay.changed.connect(self._checkout_changed)
        self._dress()
        if desk.state.paying:
            self._pay()

    def _checkout_changed(self, state: CheckoutState) -> None:
        if isinstance(self.page, CheckoutScreen):
            self.page.show_state(state)
        self._cues.basket(state)

    def _pay(self) -> None:
        """From here to the payment page nothing may change the basket that is about to be paid."""
        if self._checkout is not None and self._payment is None and not self._opening_payment:
            self._opening_payment = True
            self._lock_page(True)
            self._background.run(self._checkout.to_pay, self._begin_payment, self._not_begun)

    def _begin_payment(self, draft: Draft | None) -> None:
        self._opening_payment = False
        self._lock_page(False)
        if draft is not None and self._checkout is not None:
            desk = self._counter.desks.payment(draft, self._checkout.cashier)
            self._payment = desk
            self._payment_relay = Relay(desk.listen, self)
            self._payment_relay.changed.connect(lambda state: self._payment_changed(desk, state))
            self._show()
        held, self._held_scans = self._held_scans, []
        for text in held:
            self.take_scan(text)

    def _lock_page(self, locked: bool) -> None:
        if self.page is not None:
            self.page.setEnabled(not locked)
            self.page.setFocus()

    def _not_begun(self, error: Exception) -> None:
        self._opening_payment = False
        self._lock_page(False)
        self.bug(error)

    def _payment_changed(self, desk: PaymentDesk, state: PaymentState) -> None:
        if desk is not self._payment:
            return
        self._cues.payment(state)
        if state.receipt is not None:
            if not isinstance(self.page, ReceiptScreen):
                self._show()
        elif state.over:
            self._end_payment()
        elif isinstance(self.page, PaymentScreen):
            self.page.show_state(state)

    def _end_payment(self) -> None:
        if self._payment is None:
            return
        self._payment = None
        assert self._payment_relay is not None, "a desk has its relay"
        self._payment_relay.deleteLater()
        self._show()

    def _take_back(self, scan: str = "", *, park: bool = False) -> None:
        payment, checkout = self._payment, self._checkout
        if payment is None or checkout is None:
            return
        self._background.run(
            lambda: park_unpaid(payment, checkout) if park else back_to_basket(payment, checkout, scan),
            lambda taken: self._taken_back(payment.state.notice) if taken else self._too_late(),
        )

    def _taken_back(self, notice: Notice | None) -> None:
        """Cash that goes back to the customer is the last thing said, after the basket is on show."""
        if notice is not None and isinstance(self.page, CheckoutScreen):
            self.page.tell(notice)

    def _too_late(self) -> None:
        """A scan that nobody will find in a basket must not pass in silence."""
        if self.page is not None:
            self.page.tell(Notice("payment-under-way", kind=NoticeKind.HINT))
        self._cues.refusal()

    def _next_customer(self, scan: str = "") -> None:
        checkout = self._checkout
        if checkout is not None:
            self._background.run(lambda: next_basket(checkout, scan), lambda _: self._end_payment())

    # ------------------------------------------------------------------ looks

    @property
    def page(self) -> Screen | None:
        """The page on show."""
        return self._pages.page

    def _new_pages(self) -> Pages:
        pages = Pages(self._look, self._words, self._background, self._clock)
        pages.pay_asked.connect(lambda: self._side.when_may_sell(self._link, self._pay))
        pages.back_asked.connect(self._take_back)
        pages.park_asked.connect(lambda: self._take_back(park=True))
        pages.next_asked.connect(self._next_customer)
        pages.approval_asked.connect(self._side.ask)
        pages.task_asked.connect(self._side.open)
        return pages

    def _show(self) -> None:
        """The page that belongs to where the sale stands."""
        payment, side = self._payment, self._side.page
        if side is not None:
            self._pages.show_side(side)
            side.show_link(self._link)
        elif self._checkout is None:
            self._pages.show_sign_in(self.attendance.desk, self.attendance.recent)
        elif payment is None:
            self._pages.show_checkout(self._checkout)
        elif payment.state.receipt is not None:
            self._pages.show_receipt(payment.state.receipt, payment)
        else:
            self._pages.show_payment(payment, self._link)
        self.bar.can_leave(self._at_the_basket)
        self.attended.emit(self._checkout, payment)

    @property
    def _at_the_basket(self) -> bool:
        """Whether somebody is signed in and neither pays nor does something else."""
        return self._checkout is not None and self._payment is None and self._side.page is None

    def _dressed(self) -> Dress:
        return Dress(self._look, self._words, self._background)

    def _dress(self) -> None:
        """Make bar and pages anew: another look, language or size."""
        self._words = self._wording(self._words.language)
        self.setStyleSheet(self._look.stylesheet())
        self._side.dress(self._dressed())
        door = self.page
        old, self._pages = self._pages, self._new_pages()
        self._column.replaceWidget(old, self._pages)
        old.hide()
        old.deleteLater()
        # A page that is not on show yet would not get the focus.
        self._pages.show()
        self._dress_bar()
        self._show()
        if isinstance(door, SignInScreen) and isinstance(self.page, SignInScreen):
            carry_over(door, self.page)

    def _news(self) -> None:
        """Only what the news changed: a page that is typed on is not made anew for a price."""
        if self._wording(self._words.language) != self._words:
            self._dress()
            return
        if self._counter.card() != self._card:
            self._dress_bar()
        if isinstance(self.page, CheckoutScreen):
            self.page.show_groups()

    def _dress_bar(self) -> None:
        old, self.bar = self.bar, self._new_bar()
        self._column.replaceWidget(old, self.bar)
        old.hide()
        old.deleteLater()

    def _new_bar(self) -> TopBar:
        self._card = self._counter.card()
        cashier = self._checkout.cashier.name if self._checkout else ""
        till = self._counter.terminal_id
        bar = TopBar(self._look, self._words, self._clock, self._card.name, till, cashier)
        bar.menu.connect(self._side.open_menu)
        bar.outlook.connect(lambda: self._side.open_outlook(self._counter.world, self._clock, self._link))
        bar.sign_out.connect(self.attendance.sign_out)
        bar.lock.connect(self._lock)
        bar.other_language.connect(self._other_language)
        bar.other_theme.connect(self._other_theme)
        bar.light.show_link(self._link)
        bar.can_leave(self._at_the_basket)
        return bar

    def _other_language(self) -> None:
        other = Language.EN if self._words.language is Language.VI else Language.VI
        if self._checkout is None:
            # Whoever asks for a language at the door means it for the shift that begins there.
            self._own_language = self._asked_language = other
        self._words = self._wording(other)
        self._dress()

    def _other_theme(self) -> None:
        other = Theme.NIGHT if self._look.theme is Theme.DAY else Theme.DAY
        self._look = replace(self._look, theme=other)
        self._dress()

    def _wording(self, language: Language) -> Wording:
        rules = self._counter.rules()
        return Wording(language, currency_of(rules.currency), rules.calendar)

    def _show_time(self) -> None:
        self.bar.tick()
        self.bar.light.show_link(self._link)
