"""The print queue on real Postgres with a printer on a real port: nothing lost, order kept, copies marked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import zxingcpp
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import OperationalError

from retail.receipt import Receipt
from storehub.database import make_engine, print_jobs
from storehub.printers import commands, queries
from storehub.printers.condition import PrinterState
from storehub.printers.job import Document, Edition, Job
from storehub.printers.network import NetworkPort
from storehub.printers.port import Paper, Port, Printer, PrinterDown
from storehub.printers.queue import PrintQueue
from storehub.receipts.drawing import draw_receipt
from storehub.receipts.paper import paper_for
from tests.escpos_reader import Piece, read_pieces
from tests.patience import eventually
from tests.printer_on_the_network import COVER_OPEN, DRAWER_OPEN, NO_PAPER, WELL, Mood, NetworkPrinter
from tests.sample_receipts import SOLD_AT, receipt


def sold(number: int) -> Receipt:
    """The receipt of sale `number`."""
    return receipt(receipt_number=f"POS_01-{number:06d}")


@dataclass
class Shop:
    """A hub's print queue, a printer, and what both have seen."""

    engine: Engine
    printer: NetworkPrinter
    at: datetime = SOLD_AT
    broken: set[int] = field(default_factory=set)
    editions: list[Edition] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.queue = self.new_queue()

    def new_queue(self, port: Port | None = None) -> PrintQueue:
        """A queue as a hub that has just started has it."""
        printer = Printer(port or NetworkPort("127.0.0.1", self.printer.port, timeout_seconds=5))
        return PrintQueue(self.engine, print_jobs, printer, self.paper_of, lambda: self.at)

    def paper_of(self, tx: Connection, job: Job) -> Paper:
        assert job.transaction_id is not None
        number = job.transaction_id.int
        if number in self.broken:
            raise ValueError(f"sale {number} is not readable")
        self.editions.append(job.edition)
        if job.document is Document.DRAWER:
            return paper_for(tx, job, at=self.at, drawer_pin=2)
        return Paper(draw_receipt(sold(number), edition=job.edition))

    def sell(self, *numbers: int, copy: bool = False, document: Document = Document.RECEIPT) -> None:
        """Ask for the receipts of these sales, one after the other."""
        for number in numbers:
            self.at += timedelta(milliseconds=1)
            with self.engine.begin() as tx:
                commands.add_job(
                    tx,
                    print_jobs,
                    job_id=UUID(int=self.at.microsecond * 10_000 + number),
                    transaction_id=UUID(int=number),
                    printer="network:old",
                    at=self.at,
                    copy=copy,
                    document=document,
                )

    def print_all(self) -> None:
        while self.queue.print_next():
            pass

    def print_until_it_fails(self) -> PrinterDown:
        with pytest.raises(PrinterDown) as down:
            self.print_all()
        return down.value

    def rows(self) -> list[Any]:
        with self.engine.connect() as tx:
            return list(tx.execute(select(print_jobs).order_by(print_jobs.c.created_at)))

    def row(self, number: int) -> Any:
        (row,) = (row for row in self.rows() if row.transaction_id.int == number)
        return row

    def waiting(self) -> int:
        with self.engine.connect() as tx:
            return queries.waiting_count(tx, print_jobs)

    def papers(self) -> list[Piece]:
        return read_pieces(self.printer.stream)

    def numbers_on_paper(self) -> list[int]:
        """The numbers of the finished receipts in the order they came out, read from their codes."""
        codes = [zxingcpp.read_barcodes(piece.picture) for piece in self.papers() if piece.finished]
        return [int(code.text.partition("-")[2]) for found in codes for code in found]

    @contextmanager
    def running(self) -> Iterator[None]:
        """The worker's thread, as the hub runs it."""
        stop = threading.Event()
        thread = threading.Thread(target=self.queue.run, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            self.queue.wake()
            thread.join()


@pytest.fixture
def shop(hub_database_url: str) -> Iterator[Shop]:
    engine = make_engine(hub_database_url)
    with NetworkPrinter(Mood(status=WELL)) as printer:
        yield Shop(engine, printer)
    engine.dispose()


def test_receipts_come_out_in_the_order_of_the_sales_each_once(shop: Shop) -> None:
    shop.sell(1, 2, 3)
    shop.print_all()
    assert shop.numbers_on_paper() == [1, 2, 3]
    for row in shop.rows():
        assert (row.status, row.attempts, row.last_error) == ("PRINTED", 1, None)
        assert row.printed_at == shop.at
        assert row.printer == f"network:127.0.0.1:{shop.printer.port}"
    assert shop.waiting() == 0
    assert not shop.queue.print_next()


def test_what_is_on_paper_is_the_drawn_receipt_dot_by_dot(shop: Shop) -> None:
    shop.sell(1)
    shop.print_all()
    (piece,) = shop.papers()
    assert piece.picture.tobytes() == draw_receipt(sold(1)).tobytes()


def test_a_printer_that_is_off_loses_nothing_and_prints_each_receipt_once_when_it_is_back(shop: Shop) -> None:
    shop.printer.off()
    shop.sell(1, 2, 3)
    for _ in range(3):
        assert shop.print_until_it_fails().reason == "unreachable"
    first, second, third = shop.rows()
    assert (first.status, first.attempts, first.maybe_printed) == ("WAITING", 3, False)
    assert "unreachable: network:127.0.0.1:" in first.last_error
    assert [(row.status, row.attempts) for row in (second, third)] == [("WAITING", 0)] * 2
    shop.printer.on()
    shop.print_all()
    assert shop.numbers_on_paper() == [1, 2, 3]
    assert [piece.picture.tobytes() for piece in shop.papers()] == [
        draw_receipt(sold(number)).tobytes() for number in (1, 2, 3)
    ], "nothing had been sent before, so all three are originals"
    assert [row.attempts for row in shop.rows()] == [4, 1, 1]


@pytest.mark.parametrize(("status", "reason"), [(NO_PAPER, "paper-out"), (COVER_OPEN, "cover-open")])
def test_a_printer_without_paper_is_waited_for_and_then_prints_originals(
    shop: Shop, status: dict[str, int], reason: str
) -> None:
    shop.printer.mood = Mood(status=status)
    shop.sell(1, 2)
    assert shop.print_until_it_fails().reason == reason
    assert (shop.row(1).last_error.partition(":")[0], shop.row(1).maybe_printed) == (reason, False)
    shop.printer.mood = Mood(status=WELL)
    shop.print_all()
    assert shop.numbers_on_paper() == [1, 2]
    assert set(shop.editions) == {Edition.ORIGINAL}


@pytest.mark.parametrize("status", [WELL, None], ids=["answering", "silent"])
def test_a_reset_in_the_middle_prints_again_and_marks_that_one_as_perhaps_a_copy(
    shop: Shop, status: dict[str, int] | None
) -> None:
    shop.printer.mood = Mood(status=status, reset_after=20_000)
    shop.sell(1, 2)
    assert shop.print_until_it_fails().reason == "cut-off"
    assert (shop.row(1).status, shop.row(1).attempts, shop.row(1).maybe_printed) == ("WAITING", 1, True)
    assert shop.row(1).last_error.startswith("cut-off: network:")
    shop.printer.mood = Mood(status=status)
    torn = len(shop.printer.connections)
    shop.print_all()
    assert not read_pieces(b"".join(shop.printer.connections[:torn]))[-1].finished
    again, next_one = read_pieces(b"".join(bytes(part) for part in shop.printer.connections[torn:]))
    assert again.picture.tobytes() == draw_receipt(sold(1), edition=Edition.PERHAPS_COPY).tobytes()
    assert next_one.picture.tobytes() == draw_receipt(sold(2)).tobytes()
    assert [row.status for row in shop.rows()] == ["PRINTED", "PRINTED"]


def test_paper_that_ends_in_the_middle_of_a_receipt_prints_it_again_as_perhaps_a_copy(shop: Shop) -> None:
    shop.printer.mood = Mood(status=WELL, status_after=NO_PAPER)
    shop.sell(1)
    assert shop.print_until_it_fails().reason == "paper-out"
    shop.printer.mood = Mood(status=WELL)
    shop.print_all()
    assert shop.editions == [Edition.ORIGINAL, Edition.PERHAPS_COPY]
    assert shop.row(1).attempts == 2


def test_a_hub_that_dies_between_sending_and_noting_prints_again_as_perhaps_a_copy(shop: Shop) -> None:
    shop.sell(1, 2)
    with shop.engine.begin() as tx:
        job = queries.oldest_waiting(tx, print_jobs)
        assert job is not None
        commands.note_sending(tx, print_jobs, job.job_id, "network:old")
    assert shop.row(1).last_error == "sent, and not heard whether it was printed"
    shop.queue = shop.new_queue()
    shop.print_all()
    assert shop.editions == [Edition.PERHAPS_COPY, Edition.ORIGINAL]
    assert shop.numbers_on_paper() == [1, 2]


def test_a_reprint_that_somebody_asked_for_is_a_copy(shop: Shop) -> None:
    shop.sell(1)
    shop.sell(1, copy=True)
    shop.print_all()
    assert shop.editions == [Edition.ORIGINAL, Edition.COPY]
    original, copy = shop.papers()
    assert original.picture.tobytes() == draw_receipt(sold(1)).tobytes()
    assert copy.picture.tobytes() == draw_receipt(sold(1), edition=Edition.COPY).tobytes()


@pytest.mark.allow_log("a receipt cannot be drawn")
def test_a_receipt_that_cannot_be_drawn_does_not_hold_up_the_others(shop: Shop) -> None:
    shop.broken.add(1)
    shop.sell(1, 2, 3)
    shop.print_all()
    assert shop.numbers_on_paper() == [2, 3]
    assert (shop.row(1).status, shop.row(1).attempts, shop.row(1).maybe_printed) == ("WAITING", 1, False)
    assert shop.row(1).last_error == "cannot be drawn: ValueError('sale 1 is not readable')"
    shop.broken.clear()
    shop.queue = shop.new_queue()
    shop.print_all()
    assert shop.numbers_on_paper() == [2, 3, 1], "a hub with the bug mended prints it"


def test_a_new_printer_prints_what_waited_for_the_old_one(shop: Shop) -> None:
    shop.printer.off()
    shop.sell(1, 2)
    shop.print_until_it_fails()
    with NetworkPrinter() as replacement:
        shop.queue = shop.new_queue(NetworkPort("127.0.0.1", replacement.port))
        shop.print_all()
        assert len(read_pieces(replacement.stream)) == 2
    assert {row.printer for row in shop.rows()} == {f"network:127.0.0.1:{replacement.port}"}


def test_a_drawer_opens_before_every_paper_and_without_one(shop: Shop) -> None:
    shop.sell(1)
    shop.sell(2, document=Document.DRAWER)
    assert shop.waiting() == 1
    shop.print_all()
    (paper,) = shop.papers()
    assert (paper.resets, len(paper.drawer_kicks), paper.finished) == (2, 1, True)
    assert [row.document for row in shop.rows() if row.printed_at] == ["RECEIPT", "DRAWER"]


def test_a_printer_without_paper_opens_its_drawer_all_the_same(shop: Shop) -> None:
    shop.printer.mood = Mood(status=NO_PAPER)
    shop.sell(1)
    shop.sell(2, document=Document.DRAWER)
    assert shop.print_until_it_fails().reason == "paper-out"
    assert [len(piece.drawer_kicks) for piece in shop.papers()] == [1]
    assert shop.waiting() == 1


def test_a_drawer_stays_shut_when_nobody_can_be_standing_there_any_more(shop: Shop) -> None:
    shop.sell(1, document=Document.DRAWER)
    shop.at += timedelta(minutes=1)
    shop.print_all()
    assert shop.papers() == []
    assert [row.status for row in shop.rows()] == ["PRINTED"]


@pytest.mark.allow_log("receipts wait")
def test_the_worker_goes_on_by_itself_when_the_printer_comes_back(shop: Shop) -> None:
    shop.printer.off()
    shop.sell(*range(1, 6))
    with shop.running():
        eventually(lambda: shop.rows()[0].attempts >= 1)
        shop.printer.on()
        shop.queue.wake()
        eventually(lambda: shop.waiting() == 0)
    assert shop.numbers_on_paper() == [1, 2, 3, 4, 5]


@pytest.mark.allow_log("receipts wait")
def test_a_printer_that_fails_again_and_again_gets_every_receipt_out(shop: Shop) -> None:
    """Off, torn and out of paper in turn while tills go on selling."""
    shop.printer.mood = Mood(status=WELL, reset_after=50_000)
    with shop.running():
        shop.sell(1, 2, 3)
        shop.queue.wake()
        eventually(lambda: shop.rows()[0].maybe_printed and shop.rows()[0].last_error.startswith("cut-off"))
        shop.printer.off()
        shop.sell(4, 5)
        shop.printer.mood = Mood(status=NO_PAPER)
        shop.printer.on()
        shop.queue.wake()
        eventually(lambda: str(shop.rows()[0].last_error).startswith("paper-out"))
        shop.printer.mood = Mood()
        shop.sell(6)
        shop.queue.wake()
        eventually(lambda: shop.waiting() == 0)
    whole = [
        piece for part in shop.printer.connections for piece in read_pieces(bytes(part)) if piece.finished
    ]
    numbers = [zxingcpp.read_barcodes(piece.picture)[0].text for piece in whole]
    assert numbers == [f"POS_01-{number:06d}" for number in range(1, 7)]
    originals = [draw_receipt(sold(number)).tobytes() for number in range(1, 7)]
    assert [piece.picture.tobytes() == o for piece, o in zip(whole, originals, strict=True)] == [False] + [
        True
    ] * 5


@pytest.mark.allow_log("receipts wait")
def test_a_printer_that_takes_receipts_and_fails_does_not_get_one_with_every_sale(shop: Shop) -> None:
    """Waking the queue must not print the same sale onto the whole roll."""
    shop.printer.mood = Mood(status=WELL, status_after=NO_PAPER)
    shop.sell(1)
    with shop.running():
        eventually(lambda: shop.row(1).attempts == 2)
        for number in range(2, 30):
            shop.sell(number)
            shop.queue.wake()
        assert shop.row(1).attempts == 2, "the third try comes four seconds later"
    assert len(shop.papers()) == 2


@pytest.mark.allow_log("receipts wait")
def test_a_person_who_has_put_paper_in_need_not_wait_for_the_next_try(shop: Shop) -> None:
    shop.printer.mood = Mood(status=WELL, status_after=NO_PAPER)
    shop.sell(1)
    with shop.running():
        eventually(lambda: shop.row(1).attempts == 2)
        shop.printer.mood = Mood(status=WELL)
        shop.queue.try_now()
        eventually(lambda: shop.waiting() == 0)
        assert shop.row(1).attempts == 3


@pytest.mark.allow_log("receipts wait")
def test_what_is_known_of_the_printer_follows_it_and_each_change_is_told(shop: Shop) -> None:
    heard: list[PrinterState] = []
    shop.queue = PrintQueue(
        shop.engine,
        print_jobs,
        Printer(NetworkPort("127.0.0.1", shop.printer.port), drawer_open_is_high=False),
        shop.paper_of,
        lambda: shop.at,
        lambda: heard.append(shop.queue.condition.reading.state),
    )
    assert shop.queue.condition.reading.state is PrinterState.UNKNOWN
    with shop.running():
        eventually(lambda: shop.queue.condition.reading.state is PrinterState.WELL)
        shop.printer.mood = Mood(status=NO_PAPER)
        shop.sell(1)
        shop.queue.wake()
        eventually(lambda: shop.queue.condition.reading.state is PrinterState.PAPER_OUT)
        shop.printer.mood = Mood(status=DRAWER_OPEN)
        shop.queue.try_now()
        eventually(lambda: shop.queue.condition.reading.drawer_open is True)
    assert heard[:2] == [PrinterState.WELL, PrinterState.PAPER_OUT]
    assert heard[-1] is PrinterState.WELL


def test_a_job_that_nobody_announced_is_found(shop: Shop) -> None:
    with shop.running():
        shop.sell(1)
        eventually(lambda: shop.waiting() == 0)
    assert shop.numbers_on_paper() == [1]


@pytest.mark.allow_log("receipts wait")
def test_a_database_that_is_away_for_a_while_stops_nobody(shop: Shop) -> None:
    """The connections are cut; the worker notes it, tries again and prints."""
    with shop.running():
        shop.sell(1)
        shop.queue.wake()
        eventually(lambda: shop.waiting() == 0)
        with shop.engine.connect() as tx:
            tx.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        shop.sell(2)
        shop.queue.wake()
        eventually(lambda: shop.waiting() == 0)
    assert shop.numbers_on_paper() == [1, 2]


def test_an_outage_of_the_database_is_an_outage_of_the_queue(shop: Shop) -> None:
    url = shop.engine.url.set(port=1)
    engine = make_engine(url.render_as_string(hide_password=False))
    queue = PrintQueue(
        engine, print_jobs, Printer(NetworkPort("127.0.0.1", 1)), shop.paper_of, lambda: shop.at
    )
    with pytest.raises(OperationalError):
        queue.print_next()
    engine.dispose()
