"""One till of the chaos: a real terminal without a window, and a cashier who never stops selling.

Reads its `Seat` as JSON from standard input; what it does stands in its witness file. Sells until the file
`closing` appears, then only sends; asks for no QR payment while there is a file `cash_only`. SIGTERM ends it.
"""

from __future__ import annotations

import json
import random
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from courier.link import LinkState
from courier.outage import Outage
from retail.barcode import read as read_barcode
from retail.facts import SaleRecorded
from retail.payment import QR_METHODS
from retail.refusal import Refusal
from retail.stock import stock_of
from terminal.bootstrap import RunningTill, build_till
from terminal.checkout.desk import CheckoutDesk
from terminal.payment.desk import PaymentDesk
from terminal.till.cashier import Cashier
from tests.chaos.counter import Counter
from tests.chaos.witness import Ears, Sale, Witness

QR_PATIENCE_SECONDS = 4.0
RETRY_SECONDS = 0.2
CLOSING = "closing"
CASH_ONLY = "cash_only"
LATER = frozenset({"till-disk-full", "till-disk-failing", "till-busy", "enrolment-refused"})
"""Why a till may not open yet: its disk is full, or its hub has not heard of the enrolment code. Everything
else that stops a till is a defect."""


@dataclass(frozen=True)
class Seat:
    """What a till process is told; holds a PIN and a code, so never on a command line."""

    data: str
    control: str
    witness: str
    hub_url: str
    store_id: str
    terminal_id: str
    enrolment_code: str
    employee_id: str
    pin: str
    manager_id: str
    barcodes: list[str]
    pause_seconds: float
    dice: int
    last_receipt: int = 0
    """For a till in the place of one whose disk was lost: the number on the last receipt anybody saw."""

    def to_text(self) -> str:
        """As it goes into the process."""
        return json.dumps(asdict(self))

    @property
    def careful_file(self) -> Path:
        """While it is there the cashier only sells, and only when the hub has been heard since the start."""
        return Path(self.control) / f"careful_{self.store_id}_{self.terminal_id}"

    @property
    def skew_file(self) -> Path:
        """By how many seconds this till's clock is wrong."""
        return Path(self.control) / f"skew_{self.store_id}_{self.terminal_id}"


class Clerk:
    """A cashier at a till: rings up, takes cash or a QR payment, tears off the receipt."""

    def __init__(self, till: RunningTill, cashier: Cashier, seat: Seat, witness: Witness) -> None:
        self._till = till
        self._cashier = cashier
        self._seat = seat
        self._witness = witness
        self._dice = random.Random(seat.dice)
        self._desk: CheckoutDesk = till.desks.checkout(cashier)
        self._cash_only = Path(seat.control) / CASH_ONLY
        self._origin = f"{seat.store_id}/{seat.terminal_id}"
        self._counter = Counter(
            till, cashier, seat.manager_id, witness, self._dice, lambda: skewed(seat.skew_file)
        )

    def own_up(self) -> None:
        """Look for sales that were asked for and whose receipt nobody saw: the journal knows."""
        for sale_id in Ears().listen(Path(self._seat.witness)).record.unfinished:
            known = self._till.till.journal.sale(UUID(sale_id))
            if known is not None:
                self._witness.say("found", sale=sale_of(known[0]).to_body())

    def serve(self) -> bool:
        """One customer; whether there was a sale."""
        self._ring_up()
        if not self._desk.state.basket.lines:
            return False
        draft = self._desk.to_pay()
        if draft is None:
            self._note(self._desk)
            return False
        payment = self._till.desks.payment(draft, self._cashier)
        self._witness.say("asked", sale_id=str(draft.sale_id), total=payment.state.totals.total_amount)
        self._take_money(payment)
        receipt = payment.state.receipt
        assert receipt is not None, "the money is taken when there is a receipt"
        goods: dict[str, int] = {}
        for line in draft.basket.lines:
            sku_id, pieces = stock_of(line)
            goods[sku_id] = goods.get(sku_id, 0) + pieces
        tenders: dict[str, int] = {}
        for tender in receipt.tenders:
            tenders[tender.payment_method] = tenders.get(tender.payment_method, 0) + tender.amount
        number = int(receipt.receipt_number.rpartition("-")[2])
        sale = Sale(receipt.transaction_id, self._origin, number, receipt.total_amount, tenders, goods)
        self._witness.say("shown", sale=sale.to_body())
        if not self._seat.careful_file.exists():
            self._counter.sold(sale.sale_id)
            self._counter.carry_on()
        self._desk.refresh()
        return True

    def _ring_up(self) -> None:
        """Scan a basket, unless a crash has left one on the counter."""
        if self._desk.state.basket.lines:
            return
        for barcode in self._dice.choices(self._seat.barcodes, k=self._dice.randint(1, 5)):
            self._desk.scan(barcode)
            if self._desk.state.doubled is not None:
                self._desk.add_doubled()
            self._note(self._desk)

    def _take_money(self, payment: PaymentDesk) -> None:
        wants_qr = self._dice.random() < 0.4
        while payment.state.receipt is None:
            if payment.state.qr is not None:
                self._follow_qr(payment)
            elif (
                wants_qr
                and not self._cash_only.exists()
                and self._till.lifeline.state.link is LinkState.ONLINE
            ):
                wants_qr = False
                due = payment.state.due
                part = due // 2 if self._dice.random() < 0.3 and due >= 2 else due
                payment.ask_qr(self._dice.choice(sorted(QR_METHODS)), part)
            else:
                handed_over = payment.state.due + self._dice.choice((0, 0, 1_000, 7_500, 50_000))
                payment.pay_cash(handed_over)
            if self._note(payment):
                time.sleep(RETRY_SECONDS)

    def _offers_qr(self) -> bool:
        return not self._cash_only.exists() and self._till.lifeline.state.link is LinkState.ONLINE

    def _follow_qr(self, payment: PaymentDesk) -> None:
        deadline = time.monotonic() + QR_PATIENCE_SECONDS
        while payment.state.qr is not None and payment.state.receipt is None:
            payment.check_qr()
            if payment.state.qr is not None and time.monotonic() > deadline:
                payment.leave_qr()
                return
            time.sleep(RETRY_SECONDS)

    def _note(self, desk: CheckoutDesk | PaymentDesk) -> bool:
        """Write down what the till refused, if it did."""
        notice = desk.state.notice
        if notice is None:
            return False
        self._witness.say("refused", code=notice.code)
        desk.dismiss()
        return True


def sale_of(fact: SaleRecorded) -> Sale:
    """A sale as its fact tells it."""
    goods: dict[str, int] = {}
    for line in fact.lines:
        sku_id, pieces = stock_of(line)
        goods[sku_id] = goods.get(sku_id, 0) + pieces
    tenders: dict[str, int] = {}
    for tender in fact.tenders:
        tenders[tender.payment_method] = tenders.get(tender.payment_method, 0) + tender.amount
    return Sale(
        str(fact.transaction_id),
        f"{fact.store_id}/{fact.terminal_id}",
        int(fact.receipt_number.rpartition("-")[2]),
        fact.totals.total_amount,
        tenders,
        goods,
    )


def opened(seat: Seat, witness: Witness, stop: threading.Event) -> RunningTill | None:
    """The till, as soon as it can be had: its first enrolment needs the hub, and its disk may be full."""
    while not stop.is_set():
        try:
            return build_till(
                Path(seat.data),
                seat.hub_url,
                seat.enrolment_code,
                last_receipt=seat.last_receipt,
                clock=lambda: skewed(seat.skew_file),
            )
        except Outage:
            pass
        except Refusal as refusal:
            if refusal.code not in LATER:
                raise
            witness.say("refused", code=refusal.code)
        stop.wait(RETRY_SECONDS)
    return None


def skewed(file: Path) -> datetime:
    """This machine's clock, as wrong as the file says."""
    try:
        return datetime.now(UTC) + timedelta(seconds=float(file.read_text()))
    except (OSError, ValueError):
        return datetime.now(UTC)


def may_begin(till: RunningTill, seat: Seat) -> bool:
    """Whether anything may be recorded now: somebody careful waits for the hub first."""
    return not seat.careful_file.exists() or till.lifeline.state.link is LinkState.ONLINE


def signed_in(till: RunningTill, seat: Seat, stop: threading.Event) -> Cashier | None:
    """The cashier, as soon as the catalogue has come; a till that has one needs no hub."""
    at = datetime.now(UTC)
    while not stop.is_set() and not may_begin(till, seat):
        stop.wait(RETRY_SECONDS)
    while not stop.is_set():
        if till.till.catalogue.products_count() or till.lifeline.wait_for_news(1.0):
            try:
                till.till.ware_by_barcode(read_barcode(seat.barcodes[0]), at)
            except Refusal:
                stop.wait(RETRY_SECONDS)
                continue
            desk = till.desks.sign_in()
            desk.sign_in(seat.employee_id, seat.pin)
            if desk.state.cashier is not None:
                return desk.state.cashier
        stop.wait(RETRY_SECONDS)
    return None


def main() -> int:
    """Sell until told to stop; returns the exit code."""
    seat = Seat(**json.load(sys.stdin))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    closing = Path(seat.control) / CLOSING
    witness = Witness(Path(seat.witness))
    pace = random.Random(seat.dice)
    running = opened(seat, witness, stop)
    if running is None:
        return 0
    with running as till:
        cashier = signed_in(till, seat, stop)
        if cashier is not None:
            clerk = Clerk(till, cashier, seat, witness)
            clerk.own_up()
            while not stop.is_set() and not closing.exists():
                if may_begin(till, seat):
                    clerk.serve()
                stop.wait(pace.uniform(0.5, 1.5) * seat.pause_seconds)
        stop.wait()
    witness.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
