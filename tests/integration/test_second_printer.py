"""Two printers on real ports: what the first cannot take comes out of the second, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from storehub.printers.condition import PrinterState
from storehub.printers.network import NetworkPort
from storehub.printers.pair import PrinterPair
from storehub.printers.port import Paper, Printer, PrinterDown, encode
from tests.contract.printer import Sent, paper
from tests.escpos_reader import read_pieces
from tests.printer_on_the_network import NO_PAPER, WELL, Mood, NetworkPrinter


@dataclass
class Counter:
    """Both printers of a store."""

    first: NetworkPrinter
    second: NetworkPrinter
    pair: PrinterPair

    def papers(self) -> tuple[int, int]:
        """Finished receipts of each."""
        first, second = (
            sum(piece.finished for piece in read_pieces(printer.stream))
            for printer in (self.first, self.second)
        )
        return first, second


@pytest.fixture
def counter() -> Iterator[Counter]:
    with NetworkPrinter(Mood(status=WELL)) as first, NetworkPrinter(Mood(status=WELL)) as second:
        ports = [NetworkPort("127.0.0.1", each.port, timeout_seconds=5) for each in (first, second)]
        yield Counter(first, second, PrinterPair(*(Printer(port) for port in ports)))


def test_while_the_first_is_well_the_second_is_left_alone(counter: Counter) -> None:
    sent = Sent()
    counter.pair.deliver(encode(paper()), sent)
    assert (counter.papers(), sent.times) == ((1, 0), 1)
    assert counter.pair.name.endswith(str(counter.first.port))


@pytest.mark.parametrize("unplugged", [True, False])
def test_what_the_first_cannot_take_comes_out_of_the_second(counter: Counter, unplugged: bool) -> None:
    if unplugged:
        counter.first.off()
    else:
        counter.first.mood = Mood(status=NO_PAPER)
    sent = Sent()
    counter.pair.deliver(encode(paper()), sent)
    assert (counter.papers(), sent.times) == ((0, 1), 1)
    assert counter.pair.name.endswith(str(counter.second.port))


def test_a_receipt_that_the_first_has_begun_stays_with_it(counter: Counter) -> None:
    """Half of it may lie there: the one that follows has to say so, wherever it is printed."""
    counter.first.mood = Mood(status=WELL, reset_after=4_000)
    sent = Sent()
    with pytest.raises(PrinterDown, match="cut-off"):
        counter.pair.deliver(encode(paper()), sent)
    assert (counter.papers()[1], sent.times) == (0, 1)


def test_with_both_down_people_hear_of_the_first(counter: Counter) -> None:
    counter.first.mood = Mood(status=NO_PAPER)
    counter.second.off()
    sent = Sent()
    with pytest.raises(PrinterDown, match="paper-out"):
        counter.pair.deliver(encode(paper()), sent)
    assert sent.times == 0


def test_the_drawer_is_the_first_ones(counter: Counter) -> None:
    """Out of paper it still opens its drawer; unplugged, the second must not pretend to have one."""
    kick = encode(Paper(None, drawer_pin=2))
    counter.first.mood = Mood(status=NO_PAPER)
    counter.pair.deliver(kick, Sent(), needs_paper=False)
    assert kick in counter.first.stream
    counter.first.off()
    with pytest.raises(PrinterDown, match="unreachable"):
        counter.pair.deliver(kick, Sent(), needs_paper=False)
    assert counter.second.stream == b""


def test_that_the_second_helps_out_does_not_hide_that_the_first_needs_paper(counter: Counter) -> None:
    counter.first.mood = Mood(status=NO_PAPER)
    counter.pair.deliver(encode(paper()), Sent())
    assert counter.pair.look().state is PrinterState.PAPER_OUT
