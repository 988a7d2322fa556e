"""A till on a disk of its own: desks, journal, catalogue and carrier are production's; the cashier is not."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from sqlalchemy import Connection

from courier import outbox
from courier.carrier import Carrier
from courier.chain import ChainHead
from courier.envelope import FIRST_HASH
from courier.news import NewsPage
from courier.outage import Outage
from retail.staff import Role
from terminal.checkout.desk import CheckoutDesk
from terminal.desks import Desks
from terminal.errands import AtOnce
from terminal.payment.desk import PaymentDesk
from terminal.till import news
from terminal.till.cashier import Cashier
from terminal.till.disk import TillDiskFull
from terminal.till.people import PeopleTable
from terminal.till.till import Till
from tests.simulation.box import Box
from tests.simulation.hub import FOLLOWING, LINKING, PATIENCE_SECONDS, SENDING, WAITING, HubBox
from tests.simulation.level import check_twins
from tests.simulation.network import PowerCut
from tests.simulation.old_disk import Image, Kept, come_in
from tests.simulation.remote import QrDoor, Upward
from tests.simulation.till_disk import SEAL, TillDisk, WatchedCatalogue, WatchedJournal

if TYPE_CHECKING:
    from tests.simulation.world import World

CASHIER = Cashier("CASHIER_007", "Lan", Role.CASHIER)
FULL = TillDiskFull.code
POLLS_MAX = 14
"""How often a cashier looks for a QR payment, every five seconds, before giving it up."""


@dataclass(slots=True)
class Customer:
    """Who stands at the counter: what they want, how they pay, and what they were asked for."""

    wishes: list[tuple[str, int]]
    way: str
    total: int | None = None
    paid: bool = False
    sale_id: UUID | None = None


class TillBox(Box):
    """The till's program and the cashier in front of it."""

    def __init__(self, world: World, hub: HubBox, terminal_id: str, disk: TillDisk) -> None:
        super().__init__(world, f"{hub.store_id}/{terminal_id}")
        self.hub = hub
        self.terminal_id = terminal_id
        self.disk = disk
        self.link = world.network.link(f"{self.name}-{hub.name}", self)
        self.upward = Upward(world.network, self.link, hub, self.name, self._head, self._come_in)
        self.full = False
        self.lost = False
        self.codes = 0
        self.begins: tuple[int, str] = (0, FIRST_HASH)
        self.begins_known = True
        self.kept: Kept | None = None
        self.placed = False
        self.customer: Customer | None = None
        self.journal: WatchedJournal | None = None
        self.catalogue: WatchedCatalogue | None = None
        self.carrier: Carrier | None = None

    def start(self) -> None:
        """Switch it on; one that has lost its disk is enrolled first."""
        if not self.lost or self._enrolled():
            super().start()

    def boot(self) -> None:
        """Open the files and begin to send and to follow."""
        self.placed = False
        self.disk.before_commit = self.before_commit
        self.journal = WatchedJournal(self)
        self.journal.fill(self.full)
        self.catalogue = WatchedCatalogue(self)
        self.carrier = Carrier(
            engine=self.journal.sender_engine(),
            news_engine=self.catalogue.follower_engine(),
            tables=self.journal.tables,
            client=self.upward,
            clock=self.clock,
            dice=self.dice.random,
            apply=self.apply_news,
            link_policy=LINKING,
            sender_policy=SENDING,
            follower_policy=FOLLOWING,
        )
        self.till = Till(self.journal, self.catalogue, recorded=self.carrier.facts_waiting)
        self.desks = Desks(
            self.till,
            PeopleTable(self.catalogue, self.hub.store_id),
            # Nobody looks at past sales in these worlds.
            cast("Any", QrDoor(self.world.network, self.link, self.hub, self.terminal_id)),
            self.clock,
            self.new_id,
            AtOnce(),
        )
        self.carry(self.carrier)
        check_twins(self)
        if self.customer is not None:
            self._soon(5.0, self._resume)

    def die(self) -> None:
        """Close the files as a dead process does; what was not committed is gone."""
        if self.journal is not None:
            self.journal.close()
        if self.catalogue is not None:
            self.catalogue.close()
        self.disk.release()
        self.journal = self.catalogue = self.carrier = None

    def lose(self) -> None:
        """Lose the disk; who had not paid yet, or paid for what is gone, has to be served again."""
        self._change_disk({})
        self.lost = True
        self.kept, self.begins_known = None, True

    def set_back(self, image: Image) -> None:
        """Have this old image for a disk."""
        self._change_disk(image.files)
        self.kept = image.kept
        # Where it goes on is known when the hub has said it: not before the newest fact there is.
        self.begins, self.begins_known = (max(self.world.truth.made.get(self.name, {0: None})), ""), False

    def _change_disk(self, files: dict[str, bytes]) -> None:
        self.stop()
        self.disk.put_back(files)
        self.disks += 1
        customer = self.customer
        if customer is not None and customer.sale_id is not None:
            customer.paid = self.world.truth.sold(self.name, customer.sale_id)

    @property
    def serves(self) -> bool:
        """Whether somebody stands behind the counter; one with an old disk waits for the hub's word."""
        return self.up and (self.kept is None or self.placed)

    def holds(self, sequence: int) -> bool:
        """Whether the fact with this number is on the disk."""
        return sequence > self.begins[0] or (self.kept is not None and sequence in self.kept)

    def is_level(self) -> bool:
        """Whether the hub has everything."""
        return not self.unsent() and self.hub.has_from(self.name) == self.last_position()

    def poked(self) -> None:
        """The hub has news."""
        if self.carrier is not None:
            self.carrier.poked("news")

    def apply_news(self, tx: Connection, page: NewsPage) -> None:
        """What the lifeline does with a page."""
        driver = tx.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        news.apply(driver, [*page.news, *news.gone(driver, page)] if page.whole else page.news, SEAL)

    def fill(self, full: bool) -> None:
        """The disk is full, or has room again."""
        self.full = full
        if self.journal is not None:
            self.journal.fill(full)

    def serve(self, customer: Customer) -> None:
        """The next customer; who comes while another one pays, or while the till is off, waits."""
        if self.serves and self.customer is None:
            self.customer = customer
            self._guarded(self._ring_up)
        else:
            self.world.time.after(20.0, lambda: self.serve(customer))

    def seal_stranger(self) -> None:
        """A newer program than the hub's and head office's seals a fact of a kind they do not know."""
        if self.journal is None or not self.serves:
            return
        with self.journal.sender_engine().begin() as tx:
            envelope = outbox.record(
                tx,
                self.journal.tables,
                origin=self.name,
                store_id=self.hub.store_id,
                terminal_id=self.terminal_id,
                event_id=self.new_id(),
                event_type="SurveyAnswered",
                version=1,
                payload={"stars": 5},
                aggregate_type="survey",
                aggregate_id="1",
                at=self.clock(),
            )
        self.world.truth.strangers.add((self.name, envelope.sequence))
        self.world.sealed(self.name, envelope, None)
        if self.carrier is not None:
            self.carrier.facts_waiting()

    def unsent(self) -> int:
        """Facts that the hub has not acknowledged."""
        return int(self.rows(WAITING)[0][0])

    def last_position(self) -> int:
        """The last position of the till's pipe."""
        return int(self.rows("SELECT coalesce(max(value), 0) FROM heads WHERE name = 'outbox'")[0][0])

    def last_sequence(self) -> int:
        """The last number given out on this disk."""
        assert self.journal is not None
        return self.journal.head.sequence

    def news_version(self) -> int:
        """The version of the catalogue."""
        found = self.catalogue_rows("SELECT cursor_value FROM sync_cursors WHERE cursor_name = 'news'")
        return found[0][0] if found else 0

    def rows(self, query: str) -> list[Any]:
        """Look at the journal from outside."""
        assert self.journal is not None
        return self.journal._connection.execute(query).fetchall()

    def catalogue_rows(self, query: str) -> list[Any]:
        """Look at the catalogue from outside."""
        assert self.catalogue is not None
        return self.catalogue._reader().execute(query).fetchall()

    def _soon(self, seconds: float, deed: Callable[[], None]) -> None:
        life = self.lives
        self.world.time.after(
            seconds, lambda: self._guarded(deed) if self.up and life == self.lives else None
        )

    def _guarded(self, deed: Callable[[], None]) -> None:
        try:
            deed()
        except PowerCut as cut:
            self.world.power_cut(cut)

    def _head(self) -> ChainHead:
        """What every request announces."""
        return self.journal.head if self.journal is not None else ChainHead(self.name)

    def _come_in(self) -> None:
        """The first request of a life is for a token."""
        if not self.placed:
            come_in(self)
            self.placed = True

    def _enrolled(self) -> bool:
        """Go on where the old disk ended: behind what the hub has heard of and the last receipt seen."""
        self.codes += 1
        try:
            answer = self.upward.enrol(self.codes, self._last_receipt())
        except Outage:
            self.world.time.after(PATIENCE_SECONDS, self.start_again)
            return False
        self.begins = answer["sequence"], answer["hash"]
        again = self.world.truth.forget(self.name, self.begins[0])
        if again:
            self.world.violated("no receipt's number is given out again", f"{self.name}: {again}")
        self.lost = False
        self.world.note(f"{self.name} goes on behind {self.begins[0]}")
        return True

    def _last_receipt(self) -> int:
        """The number on the last paper that came out of this till; nobody looks where the hub knows."""
        facts = self.world.truth.facts_of(self.name)
        last = max((sequence for sequence, _ in facts), default=0)
        return 0 if self.hub.heard_of(self.name) >= last else last

    def _ring_up(self) -> None:
        customer = self._customer()
        desk = self.desks.checkout(CASHIER)
        for sku_id, quantity in customer.wishes:
            desk.add_product(sku_id, quantity)
            if desk.state.notice is not None and desk.state.notice.code == FULL:
                self.world.strike("disk full", self.name)
                self._soon(30.0, self._resume)
                return
        if desk.state.basket.lines:
            self._pay(desk)
        else:
            # A new disk has no catalogue before the first news: they wait.
            self._soon(20.0, self._resume)

    def _resume(self) -> None:
        """After a crash or a wait: go on where the till itself says it stands."""
        if self.customer is None:
            return
        if not self.serves:
            self._soon(20.0, self._resume)
            return
        desk = self.desks.checkout(CASHIER)
        if desk.state.basket.lines:
            self._pay(desk)
        elif self.customer.paid:
            self._served()
        else:
            self._ring_up()

    def _pay(self, desk: CheckoutDesk) -> None:
        customer = self._customer()
        draft = desk.to_pay()
        assert draft is not None
        customer.sale_id = draft.sale_id
        payment = self.desks.payment(draft, CASHIER)
        customer.total = payment.state.totals.total_amount
        if payment.state.qr is not None:
            self._soon(3.0, lambda: self._poll(payment, 0))
            return
        if customer.way == "mixed" and not payment.state.tenders and payment.state.due > 1000:
            payment.pay_cash(payment.state.due // 2)
        if customer.way != "cash" and not self._refused(payment):
            payment.ask_qr("QR_VNPAY")
            if _code_on_show(payment):
                self._soon(5.0, lambda: self._poll(payment, 0))
                return
        self._take_cash(payment)

    def _poll(self, payment: PaymentDesk, polls: int) -> None:
        """Look for the money, then give it up, then take cash; a person's patience."""
        self._customer().paid = True
        payment.check_qr()
        if payment.state.receipt is None and payment.state.qr is not None and polls >= POLLS_MAX:
            payment.cancel_qr()
            if payment.state.receipt is None and payment.state.qr is not None:
                payment.leave_qr()
        if payment.state.receipt is not None:
            self._served()
        elif payment.state.qr is None:
            self._take_cash(payment)
        else:
            self._soon(5.0, lambda: self._poll(payment, polls + 1))

    def _take_cash(self, payment: PaymentDesk) -> None:
        self._customer().paid = True
        due = payment.state.due
        payment.pay_cash(due if due % 3 else due + 1000)
        if payment.state.receipt is not None:
            self._served()
        else:
            self._refused(payment)
            self._soon(30.0, self._resume)

    def _refused(self, payment: PaymentDesk) -> bool:
        full = payment.state.notice is not None and payment.state.notice.code == FULL
        if full:
            self.world.strike("disk full", self.name)
        return full

    def _served(self) -> None:
        customer = self._customer()
        assert customer.total is not None
        self.world.served(self, customer.total)
        self.customer = None

    def _customer(self) -> Customer:
        assert self.customer is not None, "somebody stands at the counter"
        return self.customer


def _code_on_show(payment: PaymentDesk) -> bool:
    return payment.state.qr is not None
