"""The hub put together: its doors, and what runs beside them while they are open."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from fastapi import FastAPI
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp

from courier.chain import ChainHead
from courier.inbox import chain_head_known
from courier.link import LinkPolicy
from courier.news import NewsPage
from courier.stream import Pokes
from courier.watch import LinkReport
from retail.facts import SaleRecorded
from storehub import database
from storehub.api.app import make_app
from storehub.api.gate import Gate
from storehub.api.hub import HeadOfficeLink, Hub
from storehub.api.metrics import Metrics
from storehub.api.status import waiting_figures
from storehub.api.till_status import TillLights
from storehub.api.tokens import Mint, key_of
from storehub.backup import Keeper
from storehub.catalog.pricebook import PriceBook
from storehub.catalog.promotionbook import Promotions
from storehub.catalog.queries import chain_rules
from storehub.clockwork import Clockwork
from storehub.gateways.simulated import SimulatedGateway
from storehub.intake import Intake, Tools
from storehub.news import skus_in
from storehub.printers.job import Job
from storehub.printers.pair import PrinterPair
from storehub.printers.port import Paper, Printer
from storehub.printers.queue import PrintQueue
from storehub.printers.setting import PrinterSetting, printer_setting, second_printer
from storehub.receipts.paper import paper_for
from storehub.receipts.printing import Printing, StorePrinter
from storehub.rejoin import rejoin_when_behind
from storehub.sales.clerk import Clerk
from storehub.sales.record import GUARDED, PARAMETERS
from storehub.sales.wire import Wire
from storehub.settings import Settings
from storehub.uplink import CountedClient, HeadOfficeAccess, Uplink
from storehub.waiting import Waiting

log = structlog.get_logger(__name__)

CAREFUL_THREADS = 4
PRINTER_STOP_SECONDS = 2.0
OWN_HEAD_FOR = timedelta(seconds=3)
WHO_CALLS = frozenset({"person", "terminal"})
"""Kinds of news that may end a token."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Where time, chance and ids come from."""

    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    dice: Callable[[], float]
    random_bytes: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Program:
    """A hub put together: `app` to be served, `pokes` for the server to end, `hub` for a look inside.

    `news_applied` is to be called after a page of news was committed, as the uplink does.
    """

    app: ASGIApp
    pokes: Pokes
    hub: Hub
    clockwork: Clockwork
    news_applied: Callable[[NewsPage], None]


class OwnHead:
    """The head of the hub's own chain, as announced to head office: looked up anew every few seconds."""

    def __init__(self, store_id: str, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._head = ChainHead(store_id)
        self._looked_at: datetime | None = None

    def __call__(self) -> ChainHead:
        """As it was a moment ago."""
        now = self._clock()
        if self._looked_at is None or not timedelta(0) <= now - self._looked_at <= OWN_HEAD_FOR:
            with self._engine.connect() as tx:
                self._head = chain_head_known(tx, database.courier, self._head.origin) or self._head
            self._looked_at = now
        return self._head


class NoHeadOffice:
    """The link of a hub that was given no head office."""

    skew_seconds: float | None = None

    def to_body(self) -> dict[str, object]:
        """As `Uplink.to_body`."""
        return {"state": "none", "since": None, "last_heard_at": None, "trouble": None}

    def tell_enrolments(self) -> None:
        """There is nobody to tell."""

    def try_now(self) -> None:
        """There is nobody to try."""


def assemble(settings: Settings, edge: Edge) -> Program:
    """Put the hub together on a migrated database; what runs beside its doors starts with the app's lifespan.

    Raises `BadPrinter`, and ValueError for a head office that may not be spoken to by plain HTTP.
    """
    engine = database.make_engine(settings.database_url)
    keeper = Keeper(settings, engine, edge.clock)
    metrics = _metrics(settings.store_id, engine, edge.clock)
    metrics.watch_backups(keeper.age_seconds)
    prices, promotions = PriceBook(settings.store_id), Promotions()
    mint = Mint(key_of(settings.data_dir, edge.random_bytes(32)), settings.store_id)
    gate = Gate(mint, engine, settings.store_id, edge.clock)
    pokes = Pokes()
    paper = printer_setting(settings.printer)
    lights = TillLights(pokes)
    queue = _print_queue(settings, engine, paper, edge.clock, lights.changed) if paper else None
    printing = Printing(_store_printer(paper), edge.new_id)

    def news_applied(page: NewsPage) -> None:
        skus = skus_in(page)
        with engine.connect() as tx:
            prices.load(tx) if skus is None else prices.reload(tx, skus)
            if page.whole or any(piece.kind == "promotion" for piece in page.news):
                promotions.load(tx)
            printing.load(tx)
        if page.whole or any(piece.kind in WHO_CALLS for piece in page.news):
            gate.forget()
        pokes.poke()

    uplink = (
        _uplink(settings, engine, edge, metrics, news_applied, lights.linked) if settings.hq_url else None
    )
    if uplink is not None:
        metrics.watch_skew(lambda: uplink.skew_seconds)
    hub = Hub(
        store_id=settings.store_id,
        engine=engine,
        clock=edge.clock,
        new_id=edge.new_id,
        new_secret=lambda: edge.random_bytes(32).hex(),
        mint=mint,
        gate=gate,
        gateway=SimulatedGateway(edge.clock, timedelta(seconds=settings.simulated_capture_seconds)),
        pokes=pokes,
        metrics=metrics,
        link=_link(uplink),
        promotions=promotions,
        printing=printing,
        receipt_language=settings.receipt_language,
        printer=paper.port.name if paper else None,
        backups=keeper.to_body,
        wake_printer=queue.wake if queue else lambda: None,
        mended=queue.try_now if queue else lambda: None,
        condition=lambda: queue.condition if queue else None,
    )
    house = House(settings, hub, prices)
    catches_up = partial(rejoin_when_behind, uplink, engine, edge.clock) if uplink else lambda: False
    clockwork = Clockwork(hub, keeper, house.waiting, catches_up)
    house.beside = Beside(queue, uplink, clockwork)
    return Program(make_app(hub, house.intake, house.lifespan), pokes, hub, clockwork, news_applied)


class House:
    """The tills' door and everything's beginning and end."""

    beside: Beside

    def __init__(self, settings: Settings, hub: Hub, prices: PriceBook) -> None:
        self._hub = hub
        self._prices = prices
        self._threads = ThreadPoolExecutor(CAREFUL_THREADS, thread_name_prefix="intake")
        wire = Wire(settings.database_url, GUARDED, PARAMETERS)
        self._clerk = Clerk(wire, hub.clock, partial(hub.metrics.statement_done, "record"))
        tools = Tools(hub.clock, hub.new_id, hub.printing, self._told, hub.wake_printer)
        self.intake = Intake(hub.engine, self._clerk, prices, self._threads, tools)
        self.waiting = Waiting(hub.engine, self.intake, hub.store_id, hub.clock, hub.new_id)

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """Start what runs beside the doors, and end it when they are closed."""
        with self._hub.engine.connect() as tx:
            self._prices.load(tx)
            self._hub.promotions.load(tx)
            self._hub.printing.load(tx)
        self.beside.start()
        self._threads.submit(self._read_at_last)
        try:
            yield
        finally:
            self._clerk.close()
            self.beside.stop()
            self._threads.shutdown(wait=False)
            self._hub.engine.dispose()

    def _read_at_last(self) -> None:
        try:
            self.waiting.read_at_last()
        except SQLAlchemyError as away:
            log.warning("facts set aside not read again", error=type(away).__name__)

    def _told(self, sales: Sequence[SaleRecorded]) -> None:
        for sale in sales:
            log.info(
                "sale recorded",
                terminal_id=sale.terminal_id,
                cashier_id=sale.cashier_id,
                transaction_id=str(sale.transaction_id),
                receipt_number=sale.receipt_number,
                total_amount=sale.totals.total_amount,
            )
        self._hub.metrics.sales_recorded(sales)
        if sales:
            self._hub.wake_printer()


class Beside:
    """What runs beside the doors: printing, the uplink and the clockwork."""

    def __init__(self, queue: PrintQueue | None, uplink: Uplink | None, clockwork: Clockwork) -> None:
        self._queue = queue
        self._uplink = uplink
        self._clockwork = clockwork
        self._stop = threading.Event()
        self._printing: threading.Thread | None = None

    def start(self) -> None:
        """Start all of it."""
        self._clockwork.start()
        if self._queue is not None:
            self._printing = threading.Thread(
                target=self._queue.run, args=(self._stop,), name="printing", daemon=True
            )
            self._printing.start()
        if self._uplink is not None:
            self._uplink.start()

    def stop(self) -> None:
        """End all of it; nothing here can be lost by ending early."""
        self._stop.set()
        self._clockwork.stop()
        if self._uplink is not None:
            self._uplink.stop()
        if self._queue is not None and self._printing is not None:
            self._queue.wake()
            self._printing.join(PRINTER_STOP_SECONDS)


def _link(uplink: Uplink | None) -> HeadOfficeLink:
    return uplink if uplink is not None else NoHeadOffice()


def _metrics(store_id: str, engine: Engine, clock: Callable[[], datetime]) -> Metrics:
    def waiting() -> dict[str, float]:
        with engine.connect() as tx:
            return waiting_figures(tx, clock())

    metrics = Metrics(store_id)
    metrics.watch_engine(engine)
    metrics.watch_waiting(waiting)
    return metrics


def _store_printer(setting: PrinterSetting | None) -> StorePrinter | None:
    return StorePrinter(setting.port.name, setting.drawer_pin is not None) if setting else None


def _print_queue(
    settings: Settings,
    engine: Engine,
    setting: PrinterSetting,
    clock: Callable[[], datetime],
    changed: Callable[[], None],
) -> PrintQueue:
    def paper_of(tx: Connection, job: Job) -> Paper:
        return paper_for(
            tx, job, at=clock(), language=settings.receipt_language, drawer_pin=setting.drawer_pin
        )

    open_is_high = None if setting.drawer_pin is None else setting.drawer_open_is_high
    first, second = Printer(setting.port, open_is_high), second_printer(settings.second_printer)
    printer = PrinterPair(first, Printer(second)) if second else first
    return PrintQueue(engine, database.print_jobs, printer, paper_of, clock, changed)


def _uplink(
    settings: Settings,
    engine: Engine,
    edge: Edge,
    metrics: Metrics,
    applied: Callable[[NewsPage], None],
    told: Callable[[LinkReport], None],
) -> Uplink:
    access = HeadOfficeAccess(
        settings.hq_url, settings.store_id, settings.hq_secret_file, edge.clock, settings.ca_file
    )
    ca_file = str(settings.ca_file) if settings.ca_file else None
    client = CountedClient(
        settings.hq_url, access, metrics.batch_sent, ca_file, OwnHead(settings.store_id, engine, edge.clock)
    )
    address = make_url(settings.database_url).set(drivername="postgresql")
    return Uplink(
        engine=engine,
        conninfo=make_conninfo(
            address.render_as_string(hide_password=False), **database.server_options("storehub uplink", 0)
        ),
        access=access,
        client=client,
        enrolment_code=settings.enrolment_code,
        store_id=settings.store_id,
        clock=edge.clock,
        dice=edge.dice,
        applied=applied,
        told=told,
        link_policy=_link_policy(settings, engine),
    )


def _link_policy(settings: Settings, engine: Engine) -> LinkPolicy:
    try:
        with engine.connect() as tx:
            rules = chain_rules(tx)
    except SQLAlchemyError:
        return LinkPolicy()
    seconds = settings.ping_seconds if settings.ping_seconds is not None else rules.ping_seconds
    return LinkPolicy(ping_seconds=seconds, misses_max=rules.ping_misses)
