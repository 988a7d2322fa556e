"""A store's hub on a simulated disk: intake, uplink, stock, payments and print queue are production's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from courier import feed
from courier.beginning import Beginning
from courier.carrier import Carrier
from courier.chain import HEAD_HEADER, ChainHead
from courier.cursor import pipe_cursor, read
from courier.envelope import FIRST_HASH
from courier.follower import FollowerPolicy
from courier.inbox import chain_head_known
from courier.link import LinkPolicy
from courier.news import NewsPage
from courier.outage import Outage
from courier.sender import RECEIVER_AHEAD, SenderPolicy
from retail.facts import InventoryAdjusted, SaleRecorded
from retail.stock import AdjustmentType
from storehub.api.announced import Announced
from storehub.assembly import OwnHead
from storehub.catalog.pricebook import PriceBook
from storehub.database import courier, metadata, print_jobs, record_fact
from storehub.intake import Intake, Pipe, Tools
from storehub.news import apply_news, skus_in
from storehub.people.succession import go_on_behind, place_of, succeed
from storehub.printers.job import Job
from storehub.printers.queue import PrintQueue
from storehub.receipts.printing import Printing, StorePrinter
from storehub.rejoin import facts_behind, known_of, rejoin
from storehub.restore import BackupOutlived, catch_up, restore
from storehub.sales.clerk import Clerk
from storehub.sales.differences import tell_differences
from storehub.stock.commands import apply_adjustment, roll_up
from storehub.waiting import Waiting
from tests.simulation.box import Box
from tests.simulation.disk import Disk
from tests.simulation.losses import note_gone
from tests.simulation.money import Money
from tests.simulation.neighbours import Bank, Paper
from tests.simulation.remote import Upward

if TYPE_CHECKING:
    from tests.simulation.world import World

SENDING = SenderPolicy(count_max=4, recheck_seconds=300.0)
"""Batches of four, so that a queue of a few sales is torn, halved and rewound like one of hundreds."""
WAITING = """SELECT (SELECT coalesce(max(value), 0) FROM heads WHERE name = 'outbox')
    - (SELECT coalesce(max(cursor_value), 0) FROM sync_cursors WHERE cursor_name = 'acknowledged')"""
"""Envelopes that the side above has not acknowledged, at a till or at a hub."""
HEARD_OF = """SELECT coalesce(max(sequence), 0) FROM (SELECT sequence FROM origins WHERE origin = ?
    UNION ALL SELECT sequence FROM announced WHERE origin = ?)"""
PATIENCE_SECONDS = 20.0
"""After which somebody tries again what did not work."""
LINKING = LinkPolicy(ping_seconds=180.0, ping_seconds_max=180.0)
FOLLOWING = FollowerPolicy()


def new_disk() -> Disk:
    """An empty database of a hub, as its migrations leave it."""
    disk = Disk(metadata)
    disk.raw.execute("INSERT INTO heads (name, value) VALUES ('outbox', 0)")
    disk.blank = disk.image()
    return disk


class SimpleQueue(PrintQueue):
    """The print queue, with the id of what it is about for a drawing."""

    def _draw(self, tx: Connection, job: Job) -> bytes:
        return f"{job.document_id or job.transaction_id} {job.document} {job.edition}".encode()


class HubBox(Box):
    """The hub's program. Its doors take and give parsed bodies; tokens are left out."""

    def __init__(self, world: World, store_id: str, disk: Disk, bank: Bank, printer: Paper) -> None:
        super().__init__(world, store_id)
        self.store_id = store_id
        self.disk = disk
        self.bank = bank
        self.printer = printer
        self.link = world.network.link(f"{store_id}-HQ", self)
        self.own_head = OwnHead(store_id, disk.engine, self.clock)
        self.upward = Upward(world.network, self.link, world.office, store_id, self._head)
        self.announced = Announced()
        self.codes: dict[str, int] = {}
        self.lost = self.backed_up = False
        self.begins: tuple[int, str] = (0, FIRST_HASH)
        self.money = Money(self)
        self.carrier: Carrier | None = None
        self.intake: Intake | None = None
        self.queue: PrintQueue | None = None

    def start(self) -> None:
        """Switch it on; one that has lost its disk takes its own place first."""
        if not self.lost or self._restored():
            super().start()

    def boot(self) -> None:
        """Serve the tills, follow head office."""
        self.disk.before_commit = self.before_commit
        self.prices = PriceBook(self.store_id)
        with self.disk.engine.connect() as tx:
            self.prices.load(tx)
        # The clerk and the threads belong to the quick way, which is one statement of Postgres' own.
        printing = Printing(StorePrinter(self.printer.name, has_drawer=False), self.new_id)
        tools = Tools(self.clock, self.new_id, printing, self._told)
        self.intake = Intake(self.disk.engine, cast("Clerk", None), self.prices, cast("Any", None), tools)
        self.carrier = Carrier(
            engine=self.disk.engine,
            tables=courier,
            client=self.upward,
            clock=self.clock,
            dice=self.dice.random,
            apply=self.apply_news,
            applied=self._applied,
            link_policy=LINKING,
            sender_policy=SENDING,
            follower_policy=FOLLOWING,
        )
        self.queue = SimpleQueue(
            self.disk.engine, print_jobs, cast("Any", self.printer), cast("Any", None), self.clock
        )
        self.carry(self.carrier)
        self.own_head = OwnHead(self.store_id, self.disk.engine, self.clock)
        self.every(60.0, self._keep_announced)
        self.every(60.0, self._rejoin)
        self.every(300.0, self._roll_up)
        self.every(300.0, self._tell_differences)
        waiting = Waiting(self.disk.engine, self.intake, self.store_id, self.clock, self.new_id)
        self.every(60.0, lambda: self.patiently(waiting.apply_what_waited))
        self.every(60.0, self.money.follow)
        self.every(600.0, self.money.settle_late_money)
        self.every(300.0, self._print)

    def die(self) -> None:
        """Whatever was not committed is gone with the connection."""
        self.carrier = self.intake = self.queue = None
        self.announced = Announced()

    def lose(self, backup: bytes | None) -> None:
        """Lose the disk; a new one is empty or holds a backup."""
        self.stop()
        self.disk.put_back(backup or self.disk.blank)
        self.lost = True
        self.backed_up = backup is not None
        self.disks += 1

    def poked(self) -> None:
        """Head office has news."""
        if self.carrier is not None:
            self.carrier.poked("news")

    def take(self, pipe: str, body: Any) -> dict[str, Any]:
        """`POST /api/v1/envelopes`, the careful way."""
        assert self.intake is not None
        terminal_id = pipe.partition("/")[2]
        verdict = self.intake.take_carefully(
            Pipe(self.store_id, terminal_id), body["from_position"], body["events"]
        )
        self.world.acknowledged(self.name, pipe, verdict.next_position)
        self.facts_waiting()
        return verdict.to_body()

    def heard(self, pipe: str, value: str) -> None:
        """What a request announces of its till's chain."""
        self.announced.note(pipe, {"headers": [(HEAD_HEADER.encode(), value.encode())]})

    def heard_of(self, origin: str) -> int:
        """The highest number of a till that this hub has heard of and written down."""
        return int(self.disk.rows(HEARD_OF, origin, origin)[0][0])

    def enrol(self, pipe: str, body: Any) -> dict[str, Any]:
        """`POST /api/v1/enrolments` for a till that has lost its disk; only the newest code is good."""
        if body["code"] <= self.codes.get(pipe, 0):
            raise Outage("rejected", "the code was used")
        with self.disk.engine.begin() as tx:
            self.announced.keep(tx, self.clock())
            begins = succeed(tx, pipe, None, body["last_receipt"], self.clock())
        self.codes[pipe] = body["code"]
        return begins.to_body()

    def place(self, pipe: str) -> dict[str, Any]:
        """What `POST /api/v1/auth/token` says of the till's chain."""
        with self.disk.engine.begin() as tx:
            self.announced.keep(tx, self.clock())
            return place_of(tx, pipe).to_body()

    def has_from(self, pipe: str) -> int:
        """The last position that this hub has from a till."""
        with self.disk.engine.connect() as tx:
            return read(tx, courier.sync_cursors, pipe_cursor(pipe))

    def begin(self, pipe: str, body: Any) -> dict[str, Any]:
        """`POST /api/v1/envelopes/begin`."""
        beginning = Beginning.from_body(body)
        with self.disk.engine.begin() as tx:
            go_on_behind(tx, pipe, beginning, self.clock())
        self.world.note(f"{self.name} goes on with {pipe} at {beginning.position}")
        return self.position(pipe)

    def position(self, pipe: str) -> dict[str, Any]:
        """`GET /api/v1/envelopes/cursor`."""
        return {"next_position": self.has_from(pipe) + 1}

    def news(self, _pipe: str, body: Any) -> dict[str, Any]:
        """`GET /api/v1/news`."""
        with self.disk.engine.connect() as tx:
            return feed.page(tx, courier, body["after"], self.store_id).to_body()

    def apply_news(self, tx: Connection, page: NewsPage) -> None:
        """What the uplink does with a page."""
        apply_news(tx, page, self.store_id, self.clock())

    def adjust(self, sku_id: str, delta: int) -> None:
        """`POST /api/v1/inventory/adjustments`: a delivery of so many pieces, a fact of the hub's own."""
        at = self.clock()
        fact = InventoryAdjusted(
            store_id=self.store_id,
            sku_id=sku_id,
            adjustment_type=AdjustmentType.RECEIVING.value,
            quantity_delta=delta,
            reason="delivery",
            reference_id=None,
            adjusted_at=at,
            adjusted_by="MANAGER_001",
        )
        with self.disk.engine.begin() as tx:
            recorded = record_fact(
                tx, fact, store_id=self.store_id, event_id=self.new_id(), aggregate_id=sku_id, at=at
            )
            apply_adjustment(tx, fact, recorded.position)
        self.world.sealed(self.store_id, recorded.envelope, fact)
        self.facts_waiting()

    def fill(self, full: bool) -> None:
        """The disk is full, or has room again."""
        self.disk.full = full

    def waits(self) -> int:
        """Envelopes that head office has not acknowledged."""
        return int(self.disk.rows(WAITING)[0][0])

    def facts_waiting(self) -> None:
        """What Postgres' notice does: it goes out with the commit and wakes the uplink."""
        if self.carrier is not None:
            self.carrier.facts_waiting()

    def _head(self) -> ChainHead:
        """What every request announces."""
        return self.own_head()

    def _restored(self) -> bool:
        """`storehub restore`: what head office has, into an empty disk or behind a backup."""
        try:
            known = known_of(self, self.store_id)
            if not known["projected"]:
                raise Outage("busy", "the books are behind")
            ours = self.disk.rows("SELECT coalesce(max(value), 0) FROM heads WHERE name = 'outbox'")[0][0]
            facts = list(facts_behind(self, known, ours))
            with self.disk.engine.begin() as tx:
                bring = catch_up if self.backed_up else restore
                bring(tx, self.store_id, known, facts, self.clock())
        except BackupOutlived:
            self.world.note(f"{self.name}: its backup was outlived")
            self.lose(None)
            note_gone(self.world)
            return self._restored()
        except (Outage, OperationalError) as trouble:
            if isinstance(trouble, OperationalError) and not self.disk.full:
                raise
            self.world.time.after(PATIENCE_SECONDS, self.start_again)
            return False
        self.lost = False
        self._goes_on()
        return True

    def look_up(self, path: str, **params: int) -> dict[str, Any]:
        """As `HeadOfficeAccess.look_up`."""
        office = self.world.office
        if path.endswith("/restoration"):
            return self.upward.look_up(lambda _: office.restoration(self.store_id))
        return self.upward.look_up(lambda body: office.facts(self.store_id, body), params["after"])

    def _rejoin(self) -> None:
        """What the uplink does when head office says that it is ahead."""

        def again() -> None:
            assert self.carrier is not None
            if self.carrier.report.trouble != RECEIVER_AHEAD:
                return
            if rejoin(self.disk.engine, self.store_id, self, self.clock) is not None:
                self._goes_on()
                self.carrier.try_now()

        self.patiently(again)

    def _goes_on(self) -> None:
        """Our own chain goes on behind what head office knows of it."""
        with self.disk.engine.connect() as tx:
            head = chain_head_known(tx, courier, self.store_id) or ChainHead(self.store_id)
        self.begins = head.sequence, head.hash
        self.world.truth.forget(self.store_id, head.sequence)
        self.world.note(f"{self.name} goes on behind {head.sequence}")

    def _keep_announced(self) -> None:
        """What the clockwork does."""

        def keep() -> None:
            with self.disk.engine.begin() as tx:
                self.announced.keep(tx, self.clock())

        self.patiently(keep)

    def _told(self, sales: Sequence[SaleRecorded]) -> None:
        """What the assembly does: the printer hears of a sale at once."""
        if sales:
            life = self.lives
            self.world.time.after(1.0, lambda: self._print() if self.up and life == self.lives else None)

    def _applied(self, page: NewsPage) -> None:
        with self.disk.engine.connect() as tx:
            concerned = skus_in(page)
            if concerned is None:
                self.prices.load(tx)
            else:
                self.prices.reload(tx, concerned)
        for till in self.world.tills:
            if till.hub is self:
                self.world.network.poke(till.link, till.poked)

    def _roll_up(self) -> None:
        self.patiently(self._rolled_up)

    def _rolled_up(self) -> None:
        with self.disk.engine.begin() as tx:
            roll_up(tx, self.store_id, self.clock())

    def _tell_differences(self) -> None:
        def tell() -> None:
            with self.disk.engine.begin() as tx:
                told = tell_differences(tx, self.store_id, self.new_id, self.clock())
            if told:
                self.facts_waiting()

        self.patiently(tell)

    def _print(self) -> None:
        def all_that_waits() -> None:
            assert self.queue is not None
            while self.queue.print_next():
                pass

        self.patiently(all_that_waits)

    def patiently(self, job: Any) -> None:
        """A job that a full disk or a dead printer keeps from its work is tried again at its next turn."""
        try:
            job()
        except (OperationalError, Outage):
            self.world.note(f"{self.name} puts a job off")
