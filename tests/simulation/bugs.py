"""Classical mistakes, each planted into production's pieces for as long as a `with` block lasts.

A simulator that finds nothing proves something only if it would find these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from courier import cursor, feed, follower, inbox, line, loops, outbox, sender
from courier.chain import Link
from courier.loops import SenderLoop
from courier.outbox import Pending
from courier.resume import Resumed
from hq.database import courier as hq_courier
from hq.ledger.tables import projection_cursors
from retail.facts import SaleRecorded
from storehub.api import money
from storehub.database import courier as hub_courier
from storehub.gateways.port import GatewayState, GatewayStatus
from storehub.printers import commands as printing
from storehub.printers.port import PrinterDown
from storehub.printers.queue import PrintQueue
from storehub.sales import refunds
from storehub.shifts import commands as shifts
from storehub.stock import commands as stock
from terminal.till.draft import read_back
from terminal.till.journal import MOVE_CHAIN_HEAD
from tests.simulation import hub, till
from tests.simulation.hub import HubBox
from tests.simulation.network import PowerCut
from tests.simulation.office import Office
from tests.simulation.till import TillBox
from tests.simulation.till_disk import WatchedJournal

INBOX: Any = inbox
MONEY: Any = money
HUB: Any = hub
SHIFTS: Any = shifts


@dataclass(frozen=True, slots=True)
class Bug:
    """A mistake, how to plant it, and the kinds of faults in whose worlds it shows."""

    name: str
    plant: Callable[[], AbstractContextManager[None]]
    faults: tuple[str, ...]


@contextmanager
def replaced(owner: Any, name: str, wrong: Any) -> Iterator[None]:
    """Have an owner do the wrong thing under this name."""
    right = getattr(owner, name)
    setattr(owner, name, wrong)
    try:
        yield
    finally:
        setattr(owner, name, right)


def acknowledged_before_commit() -> AbstractContextManager[None]:
    right = HubBox.take

    def take(self: HubBox, pipe: str, body: Any) -> dict[str, Any]:
        self.world.acknowledged(self.name, pipe, body["from_position"] + len(body["events"]))
        return right(self, pipe, body)

    return replaced(HubBox, "take", take)


def cursor_outside_the_transaction() -> AbstractContextManager[None]:
    """How far a hub has news is kept, and the page that it was about to apply goes with the power.

    (A cursor of facts that runs ahead does no harm: a sender skips nothing that it was never answered for.)
    """
    apply_news, die = HubBox.apply_news, HubBox.die
    about_to_apply: dict[str, int] = {}

    def wrong_apply(self: HubBox, tx: Any, page: Any) -> None:
        apply_news(self, tx, page)
        if self.plug.before_commit:
            about_to_apply[self.name] = page.current_version

    def wrong_die(self: HubBox) -> None:
        die(self)
        version = about_to_apply.pop(self.name, None)
        if version is not None:
            with self.disk.engine.begin() as tx:
                cursor.move(tx, hub_courier.sync_cursors, cursor.NEWS, version, self.clock())

    @contextmanager
    def both() -> Iterator[None]:
        with replaced(HubBox, "apply_news", wrong_apply), replaced(HubBox, "die", wrong_die):
            yield

    return both()


def bare_sequence_feed() -> AbstractContextManager[None]:
    """A version is given out at once and its rows are committed some seconds later."""
    right = Office.publish

    def publish(self: Office, changes: Any) -> int:
        if feed_is_young(self):
            return right(self, changes)
        with self.disk.engine.begin() as tx:
            version = outbox.bump(tx, hq_courier.heads, "feed")
        self.poke()

        def commit() -> None:
            with replaced(feed, "bump", lambda *_: version), self.disk.engine.begin() as tx:
                feed.publish(tx, hq_courier, changes, self.clock())
            self.poke()

        self.world.time.after(8.0, commit)
        return version

    return replaced(Office, "publish", publish)


def feed_is_young(office: Office) -> bool:
    """Whether nothing was published yet: every world begins with the same news."""
    return not office.disk.rows("SELECT 1 FROM feed")


def repeats_known_by_their_time() -> AbstractContextManager[None]:
    right = INBOX.link_of
    newest: dict[str, str] = {}

    def link_of(head: Any, envelope: Any, intact: bool, known_hash: str | None = None) -> Link:
        if envelope.sequence == 1:
            newest.pop(envelope.origin, None)
        if envelope.timestamp <= newest.get(envelope.origin, ""):
            return Link.DUPLICATE
        newest[envelope.origin] = envelope.timestamp
        link: Link = right(head, envelope, intact, known_hash)
        return link

    return replaced(INBOX, "link_of", link_of)


def new_id_for_a_retry() -> AbstractContextManager[None]:
    """A till that comes back pays its open basket again under a new id, though it was recorded."""
    right = WatchedJournal.open_draft
    asked: set[int] = set()

    def open_draft(self: WatchedJournal) -> Any:
        if id(self) in asked or self._box.lives == 1:
            return right(self)
        asked.add(id(self))
        row = self._connection.execute("SELECT body FROM drafts WHERE place = 1").fetchone()
        if row is None:
            return None
        draft = replace(read_back(row[0]), sale_id=self._box.new_id())
        self.keep_draft(draft, self._box.clock())
        return draft

    return replaced(WatchedJournal, "open_draft", open_draft)


def sender_never_goes_back() -> AbstractContextManager[None]:
    right = sender.after
    highest: dict[int, int] = {}

    def after(state: Any, now: Any, event: Any, policy: Any, dice: Any) -> Any:
        if isinstance(event, sender.CursorHeard) and highest.get(id(dice), 0) > event.next_position:
            event = sender.CursorHeard(highest[id(dice)])
        if isinstance(event, sender.Answered):
            if event.next_position < event.from_position:
                event = replace(event, next_position=event.from_position)
            highest[id(dice)] = event.next_position
        return right(state, now, event, policy, dice)

    return replaced(sender, "after", after)


def news_applied_in_parts() -> AbstractContextManager[None]:
    right = TillBox.apply_news

    def apply_news(self: TillBox, tx: Any, page: Any) -> None:
        half = len(page.news) // 2
        driver = tx.connection.driver_connection
        right(self, tx, replace(page, news=page.news[:half]))
        driver.execute("COMMIT")
        self.after_commit()
        driver.execute("BEGIN IMMEDIATE")
        right(self, tx, replace(page, news=page.news[half:]))

    return replaced(TillBox, "apply_news", apply_news)


def hash_not_checked() -> AbstractContextManager[None]:
    right = INBOX.opened_and_verified
    return replaced(INBOX, "opened_and_verified", lambda body: (right(body)[0], True))


def sent_is_deleted() -> AbstractContextManager[None]:
    right = SenderLoop._send

    def send(self: SenderLoop, step: Any) -> Any:
        try:
            return right(self, step)
        finally:
            with self._engine.begin() as tx:
                rows = self._tables.outbox
                tx.execute(rows.delete().where(rows.c.id < step.from_position + step.count_max))

    return replaced(SenderLoop, "_send", send)


def clock_gives_the_order() -> AbstractContextManager[None]:
    def pending(tx: Any, tables: Any, next_position: int, count_max: int, bytes_max: int) -> list[Pending]:
        c = tables.outbox.c
        rows = select(c.id, c.payload).where(c.id >= next_position).order_by(c.created_at).limit(count_max)
        return [Pending(*row) for row in tx.execute(rows)]

    return replaced(outbox, "pending", pending)


def counter_outside_the_sale() -> AbstractContextManager[None]:
    right = WatchedJournal.record_sale

    def record_sale(self: WatchedJournal, *wanted: Any) -> Any:
        try:
            return right(self, *wanted)
        except PowerCut:
            last = self._connection.execute("SELECT max(sequence) FROM outbox").fetchone()[0] or 0
            row = (self.origin, last + 1, "0" * 64, "2026-11-02T00:00:00+00:00")
            self._connection.execute(MOVE_CHAIN_HEAD, row)
            self._connection.execute("INSERT OR REPLACE INTO heads VALUES ('outbox', ?)", (last + 1,))
            raise

    return replaced(WatchedJournal, "record_sale", record_sale)


def books_cursor_outside() -> AbstractContextManager[None]:
    """The books' cursor is written later than the books: what a crash takes of it is booked again."""
    right = Office.die

    def die(self: Office) -> None:
        column = projection_cursors.c.position
        with self.disk.engine.begin() as tx:
            tx.execute(projection_cursors.update().where(column > 0).values(position=column - 1))
        right(self)

    return replaced(Office, "die", die)


def dead_printer_loses_the_receipt() -> AbstractContextManager[None]:
    def print_it(self: Any, job: Any, data: bytes) -> None:
        with self._engine.begin() as tx:
            printing.note_printed(tx, self._jobs, job.job_id, self._clock())
        with suppress(PrinterDown):
            self._printer.deliver(data, lambda: None)

    return replaced(PrintQueue, "_print", print_it)


def late_money_is_nobodys() -> AbstractContextManager[None]:
    right = MONEY.commands.take_note

    def take_note(tx: Any, payment_id: Any, status: GatewayStatus, **more: Any) -> Any:
        late = status.captured_at is not None and more["at"] - status.captured_at < timedelta(days=9)
        if late and MONEY.ask_of(tx, payment_id).created_at + timedelta(seconds=60) < more["at"]:
            status = GatewayStatus(GatewayState.FAILED)
        return right(tx, payment_id, status, **more)

    return replaced(MONEY.commands, "take_note", take_note)


def stock_rolled_up_twice() -> AbstractContextManager[None]:
    def roll_up(tx: Any, store_id: str, at: Any) -> int:
        position = stock.roll_up(tx, store_id, at)
        before = max(0, position - 1)
        cursor.move(tx, hub_courier.sync_cursors, stock.ROLLED_UP, before, at)
        return stock.roll_up(tx, store_id, at)

    return replaced(hub, "roll_up", roll_up)


def numbers_given_out_again() -> AbstractContextManager[None]:
    """A till's new disk goes on behind what the hub has received, whatever stands on the last receipt."""

    def succeed(tx: Any, origin: str, _sequence: Any, _stated: int, at: Any) -> Resumed:
        head = outbox.chain_head(tx, hub_courier.origins, origin)
        cursor.move(tx, hub_courier.sync_cursors, cursor.pipe_cursor(origin), head.sequence, at)
        return Resumed(head.sequence, head.hash, head.sequence + 1)

    return replaced(hub, "succeed", succeed)


def new_hub_begins_at_nothing() -> AbstractContextManager[None]:
    """A hub in a lost one's place believes that nothing has been sent yet."""
    right = HUB.restore

    def restore(tx: Any, store_id: str, known: Any, facts: Any, at: Any) -> Any:
        return right(tx, store_id, {**known, "next_position": 1, "levels": {}}, [], at)

    return replaced(HUB, "restore", restore)


def refund_forgotten_by_the_shelf() -> AbstractContextManager[None]:
    """Goods that come back are paid back, and nobody puts them on the shelf."""
    return replaced(refunds, "movements_of_refund", lambda _lines: [])


def z_without_its_sales() -> AbstractContextManager[None]:
    """The hub makes a Z of what moved in the drawer, and leaves the sales out."""
    right = SHIFTS.facts_of

    def facts_of(tx: Any, shift: Any) -> Any:
        return [fact for fact in right(tx, shift) if not isinstance(fact, SaleRecorded)]

    return replaced(SHIFTS, "facts_of", facts_of)


def nobody_asks_without_a_poke() -> AbstractContextManager[None]:
    patient = follower.FollowerPolicy(pull_seconds=1e7)

    @contextmanager
    def both() -> Iterator[None]:
        with replaced(hub, "FOLLOWING", patient), replaced(till, "FOLLOWING", patient):
            yield

    return both()


def silent_about_the_beginning() -> AbstractContextManager[None]:
    """The sender asks for ever, and waits."""
    return replaced(loops, "where_it_begins", lambda *_: None)


def old_disk_taken_for_the_newest() -> AbstractContextManager[None]:
    """A till does not ask how far its hub is, and gives numbers out again."""
    return replaced(WatchedJournal, "set_straight", lambda *_: None)


def restored_lines_meet() -> AbstractContextManager[None]:
    """Head office goes on a million above its backup, and so it does the second time."""
    right = line.lift

    def lift(tx: Any, tables: Any, _at: Any, *, heard: int | None = None) -> int:
        return right(tx, tables, line.BEGAN, heard=heard)

    return replaced(line, "lift", lift)


BUGS = (
    Bug("acknowledged before the commit", acknowledged_before_commit, ("crash before commit",)),
    Bug("cursor moved outside the transaction", cursor_outside_the_transaction, ("crash before commit",)),
    Bug("news numbered by a bare sequence", bare_sequence_feed, ("pokes lost",)),
    Bug("repeats known by their time", repeats_known_by_their_time, ("clock jump",)),
    Bug("a new id for a retry", new_id_for_a_retry, ("crash after commit",)),
    Bug("the sender never goes back", sender_never_goes_back, ("restore HQ",)),
    Bug("news applied in parts", news_applied_in_parts, ("crash after commit",)),
    Bug("hash not checked", hash_not_checked, ("request altered",)),
    Bug("deleted when sent", sent_is_deleted, ("answer lost",)),
    Bug("the clock gives the order", clock_gives_the_order, ("clock jump", "cut")),
    Bug("counter outside the sale's transaction", counter_outside_the_sale, ("crash before commit",)),
    Bug("books' cursor moved outside the transaction", books_cursor_outside, ("crash",)),
    Bug("a dead printer loses the receipt", dead_printer_loses_the_receipt, ("printer off",)),
    Bug("late money is nobody's", late_money_is_nobodys, ("bank late",)),
    Bug("stock rolled up twice", stock_rolled_up_twice, ("crash",)),
    Bug("numbers given out again", numbers_given_out_again, ("till disk lost",)),
    Bug("a new hub begins at nothing", new_hub_begins_at_nothing, ("hub disk lost",)),
    Bug("a refund forgotten by the shelf", refund_forgotten_by_the_shelf, ("cut",)),
    Bug("a Z without its sales", z_without_its_sales, ("cut",)),
    Bug("nobody asks without a poke", nobody_asks_without_a_poke, ("pokes lost",)),
    Bug("silent about the beginning", silent_about_the_beginning, ("till disk lost", "hub disk lost")),
    Bug("an old disk taken for the newest", old_disk_taken_for_the_newest, ("old till disk",)),
    Bug("restored lines meet", restored_lines_meet, ("restore HQ",)),
)
"""All of them."""
