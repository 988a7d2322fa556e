"""Paying for a basket (FR-1.3): cash with change, QR through the hub, and any mix of both."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from courier.outage import Outage
from retail.cash import EXACT, take_cash
from retail.payment import CASH, QR_METHODS, BadAmount, Tender, UnknownPaymentMethod, due_after
from retail.refusal import Refusal
from terminal.errands import Errands
from terminal.notice import Notice, NoticeKind, notice_of
from terminal.payment.port import HubPayments, Till
from terminal.payment.state import CashRules, PaymentState, QrState, qr_state, state_of
from terminal.sales.paper import PaperDesk
from terminal.till.cashier import Cashier
from terminal.till.draft import Draft
from terminal.till.parking_slip import ParkingSlip
from terminal.till.qr import QrAsk, QrCode, QrProgress, QrStatus

PAYMENT_FAILED = "payment-failed"
PAYMENT_UNKNOWN = "payment-unknown"
CASH_GOES_BACK = "cash-goes-back"
PARKED_UNPAID = "parked-unpaid"


class QrStillOpen(Refusal):
    """A QR code is on show: cancel it first, so that nobody pays for nothing (`payment_id`)."""

    code = "qr-still-open"


class PaidInPart(Refusal):
    """A provider has taken money for this basket; it can only be paid to the end (`amount`)."""

    code = "paid-in-part"


class PaymentDesk:
    """Takes tenders until they cover the total, then records the sale in one commit.

    Nothing is final before that commit; a double tap finds the deed done and does nothing. The id of a
    QR payment is in the journal before the hub hears of it.
    """

    def __init__(
        self,
        till: Till,
        hub: HubPayments,
        draft: Draft,
        cashier: Cashier,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        errands: Errands,
        on_paper: PaperDesk,
        sold_at: datetime | None = None,
        external_reference: str | None = None,
    ) -> None:
        """`on_paper` is for the receipt of this sale once it is recorded. `sold_at` and `external_reference`
        belong to replays: the moment and the number of the original, which was paid to the đồng, so its cash
        is not rounded."""
        self._till = till
        self._hub = hub
        self._draft = draft
        self._cashier = cashier
        self._clock = clock
        self._new_id = new_id
        self._errands = errands
        self.on_paper = on_paper
        self._sold_at = sold_at
        self._external_reference = external_reference
        self._listeners: list[Callable[[PaymentState], None]] = []
        self._totals = draft.totals
        rules = till.rules()
        rounding = rules.cash_rounding if external_reference is None else EXACT
        self._cash = CashRules(rounding, rules.notes)
        self._state = self._fresh(qr_state(draft.qr, QrStatus.UNKNOWN))

    @property
    def state(self) -> PaymentState:
        """What the screen shows."""
        return self._state

    def listen(self, changed: Callable[[PaymentState], None]) -> None:
        """Call `changed` with the state after every deed."""
        self._listeners.append(changed)

    def pay_cash(self, tendered: int) -> None:
        """Take so much cash (minor units); what is more than due goes back as change.

        Cash that ends the payment is rounded by the chain's rule; a part of it is counted as it is.
        """
        if not self._waiting():
            return
        try:
            self._no_open_qr()
            tender, rounding = take_cash(
                self._new_id(),
                self._totals.total_amount,
                self._draft.tenders,
                tendered,
                self._cash.rounding,
            )
            self._take(tender, rounding)
        except Refusal as refusal:
            self._refuse(refusal)

    def pay_elsewhere(self, payment_method: str, provider_txn_id: str | None = None) -> None:
        """Cover what is due with a payment that was taken outside this till (a replay, a partner)."""
        if not self._waiting():
            return
        try:
            self._no_open_qr()
            provider = _provider(payment_method)
            self._take(
                Tender(
                    self._new_id(),
                    payment_method,
                    self._state.due,
                    provider=provider,
                    provider_txn_id=provider_txn_id,
                )
            )
        except Refusal as refusal:
            self._refuse(refusal)

    def ask_qr(self, payment_method: str, amount: int | None = None) -> None:
        """Ask for a QR code over an amount (minor units; None: all that is due)."""
        if not self._waiting():
            return
        wanted = self._state.due if amount is None else amount
        try:
            self._no_open_qr()
            _provider(payment_method)
            if not 0 < wanted <= self._state.due:
                raise BadAmount(amount=wanted)
            ask = QrAsk(self._new_id(), payment_method, wanted)
            self._keep(replace(self._draft, qr=ask))
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self._show(replace(self._state, busy=True, notice=None))
        self._errands.run(
            lambda: self._hub.ask(ask.payment_id, self._draft.sale_id, payment_method, wanted),
            done=lambda code: self._shown(ask, code),
            failed=self._not_shown,
        )

    def check_qr(self) -> None:
        """Ask the hub where the QR payment stands (called by a timer, or "check again")."""
        qr = self._state.qr
        if qr is None or self._state.busy or self._state.receipt:
            return
        self._show(replace(self._state, busy=True))
        self._errands.run(
            lambda: self._known(qr, self._hub.status), done=self._progressed, failed=self._no_answer
        )

    def cancel_qr(self) -> None:
        """Give the QR payment up; when the customer was quicker, the money counts."""
        qr = self._state.qr
        if qr is None or self._state.busy or self._state.receipt:
            return
        self._show(replace(self._state, busy=True, notice=None))
        self._errands.run(
            lambda: self._known(qr, self._hub.cancel), done=self._cancelled, failed=self._no_answer
        )

    def leave_qr(self) -> None:
        """Let the line move on without the hub's answer (code UNKNOWN, hub away): the hub goes on asking
        the provider, and money that comes late is a refund. Say so to the customer before."""
        ask = self._draft.qr
        if self._state.qr is None or self._state.busy or self._state.receipt:
            return
        if ask is not None:
            # A disk that cannot write keeps nobody waiting: the hub has the payment all the same.
            with suppress(Refusal):
                self._till.leave_code(ask, self._draft.sale_id, self._clock())
        self._given_up(None)

    def park(self, label: str = "") -> None:
        """Put the basket aside with what was paid and asked for, and let the line move on. It stays at this
        till; called back, it is paid to the end, and money that has come meanwhile counts."""
        if self._state.over or self._state.busy or self._state.receipt or not self._draft.paying:
            return
        at = self._clock()
        slip = ParkingSlip(label, at, self._cashier.name, self._totals.total_amount)
        try:
            self._till.park(replace(self._draft, slip=slip), at)
        except Refusal as refusal:
            self._refuse(refusal)
            return
        detail = {"label": label, "total": slip.total_amount}
        self._show(replace(self._state, over=True, notice=Notice(PARKED_UNPAID, detail, NoticeKind.HINT)))

    def back(self) -> None:
        """Back to the basket: cash goes back to the customer; a QR payment has to be settled first."""
        if self._state.over or self._state.busy or self._state.receipt:
            return
        try:
            self._no_open_qr()
            taken = [tender for tender in self._draft.tenders if tender.payment_method != CASH]
            if taken:
                raise PaidInPart(amount=sum(tender.amount for tender in taken))
            cash = sum(tender.amount for tender in self._draft.tenders)
            if self._draft.tenders:
                self._keep(replace(self._draft, tenders=()))
        except Refusal as refusal:
            self._refuse(refusal)
            return
        notice = Notice(CASH_GOES_BACK, {"amount": cash}, NoticeKind.HINT) if cash else None
        self._show(replace(self._fresh(None), over=True, notice=notice))

    def dismiss(self) -> None:
        """Take the notice away."""
        self._show(replace(self._state, notice=None))

    def _waiting(self) -> bool:
        return not (self._state.busy or self._state.receipt or self._state.over)

    def _no_open_qr(self) -> None:
        qr = self._state.qr
        if qr is not None:
            raise QrStillOpen(payment_id=str(qr.payment_id))

    def _take(self, tender: Tender, rounding_amount: int = 0) -> None:
        """Count the tender: in the journal when something is still due, else in the recorded sale."""
        draft = replace(self._draft, tenders=(*self._draft.tenders, tender), qr=None)
        if due_after(self._totals.total_amount + rounding_amount, draft.tenders):
            self._keep(draft)
            self._show(self._fresh(None))
        else:
            self._record(draft, rounding_amount)

    def _record(self, draft: Draft, rounding_amount: int) -> None:
        at = self._clock()
        receipt = self._till.record_sale(
            draft,
            self._cashier,
            sold_at=self._sold_at or at,
            at=at,
            external_reference=self._external_reference,
            rounding_amount=rounding_amount,
        )
        self._draft = draft
        self._show(replace(self._fresh(None), due=0, cash_due=0, receipt=receipt, over=True))

    def _keep(self, draft: Draft) -> None:
        self._till.keep_draft(draft, self._clock())
        self._draft = draft

    def _shown(self, ask: QrAsk, code: QrCode) -> None:
        shown = replace(ask, text=code.text, expires_at=code.expires_at)
        try:
            self._keep(replace(self._draft, qr=shown))
        except Refusal as refusal:
            # The id is in the journal already; the code itself can be asked for again.
            self._draft = replace(self._draft, qr=shown)
            self._show(replace(self._fresh(qr_state(shown, QrStatus.PENDING)), notice=notice_of(refusal)))
            return
        self._show(self._fresh(qr_state(shown, QrStatus.PENDING)))

    def _not_shown(self, problem: Exception) -> None:
        """Nobody has seen a code, so nobody can pay it: the ask is forgotten."""
        self._show(self._fresh(None))
        if not isinstance(problem, Refusal | Outage):
            raise problem
        self._refuse(problem)
        try:
            self._keep(replace(self._draft, qr=None))
        except Refusal as refusal:
            self._refuse(refusal)

    def _known(self, qr: QrState, asked: Callable[[UUID], QrProgress]) -> QrProgress:
        """The hub's answer; runs off the desk's thread. A hub that has lost its disk is told once more, under
        the same id, of a code that a customer has seen: it may have been paid."""
        progress = asked(qr.payment_id)
        if progress.status is QrStatus.NOT_KNOWN and qr.text:
            self._hub.ask(qr.payment_id, self._draft.sale_id, qr.payment_method, qr.amount)
            progress = asked(qr.payment_id)
        return progress

    def _progressed(self, progress: QrProgress) -> None:
        qr = self._state.qr
        assert qr is not None, "only an open QR payment is asked about"
        if progress.status is QrStatus.CAPTURED:
            self._captured(qr, progress)
        elif progress.status is QrStatus.PENDING:
            expired = qr.expires_at is not None and self._clock() >= qr.expires_at
            status = QrStatus.UNKNOWN if expired else QrStatus.PENDING
            notice = Notice(PAYMENT_UNKNOWN, {"amount": qr.amount}, NoticeKind.HINT) if expired else None
            self._show(replace(self._state, busy=False, qr=replace(qr, status=status), notice=notice))
        elif progress.status is QrStatus.UNKNOWN:
            notice = Notice(PAYMENT_UNKNOWN, {"amount": qr.amount}, NoticeKind.HINT)
            self._show(
                replace(self._state, busy=False, qr=replace(qr, status=progress.status), notice=notice)
            )
        else:
            self._given_up(Notice(PAYMENT_FAILED, {"amount": qr.amount}))

    def _cancelled(self, progress: QrProgress) -> None:
        if progress.status in (QrStatus.CAPTURED, QrStatus.PENDING, QrStatus.UNKNOWN):
            self._progressed(progress)
        else:
            self._given_up(None)

    def _captured(self, qr: QrState, progress: QrProgress) -> None:
        tender = Tender(
            qr.payment_id,
            qr.payment_method,
            qr.amount,
            provider=_provider(qr.payment_method),
            provider_txn_id=progress.provider_txn_id,
        )
        try:
            self._take(tender)
        except Refusal as refusal:
            # The money is there and the till cannot write: "check again" finds it captured and tries again.
            captured = replace(qr, status=QrStatus.CAPTURED)
            self._show(replace(self._state, busy=False, qr=captured, notice=notice_of(refusal)))

    def _given_up(self, notice: Notice | None) -> None:
        try:
            self._keep(replace(self._draft, qr=None))
        except Refusal as refusal:
            notice = notice_of(refusal)
            self._draft = replace(self._draft, qr=None)
        self._show(replace(self._fresh(None), notice=notice))

    def _no_answer(self, problem: Exception) -> None:
        self._show(replace(self._state, busy=False))
        if not isinstance(problem, Refusal | Outage):
            raise problem
        self._refuse(problem)

    def _fresh(self, qr: QrState | None) -> PaymentState:
        """The state of the draft as it is now."""
        return state_of(self._draft, self._totals, self._cash, qr)

    def _refuse(self, problem: Refusal | Outage) -> None:
        self._show(replace(self._state, notice=notice_of(problem)))

    def _show(self, state: PaymentState) -> None:
        self._state = state
        for changed in self._listeners:
            changed(state)


def _provider(payment_method: str) -> str | None:
    """The provider behind a method (None for cash); raises `UnknownPaymentMethod`."""
    if payment_method == CASH:
        return None
    if payment_method not in QR_METHODS:
        raise UnknownPaymentMethod(payment_method=payment_method)
    return QR_METHODS[payment_method]
