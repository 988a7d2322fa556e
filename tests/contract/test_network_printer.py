"""A printer on a TCP port: one that is silent, one that answers, and both when things go wrong."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from storehub.printers.condition import PrinterState, Reading
from storehub.printers.network import NetworkPort
from storehub.printers.port import Printer, PrinterDown, encode
from tests.contract.printer import Device, PrinterContract, Sent, paper
from tests.escpos_reader import read_pieces
from tests.printer_on_the_network import (
    COVER_OPEN,
    DRAWER_OPEN,
    FAULT,
    NO_PAPER,
    PAPER_LOW,
    WELL,
    Mood,
    NetworkPrinter,
)


@dataclass
class OnTheNetwork:
    printer: NetworkPrinter

    @property
    def port(self) -> NetworkPort:
        return port_of(self.printer)

    def received(self) -> bytes:
        return self.printer.stream

    def unplug(self) -> None:
        self.printer.off()


def port_of(printer: NetworkPrinter, timeout_seconds: float = 5.0) -> NetworkPort:
    return NetworkPort("127.0.0.1", printer.port, timeout_seconds)


class TestSilentNetworkPrinter(PrinterContract):
    @pytest.fixture
    def device(self) -> Iterator[Device]:
        with NetworkPrinter() as printer:
            yield OnTheNetwork(printer)


class TestAnsweringNetworkPrinter(PrinterContract):
    @pytest.fixture
    def device(self) -> Iterator[Device]:
        with NetworkPrinter(Mood(status=WELL)) as printer:
            yield OnTheNetwork(printer)


def delivered(printer: NetworkPrinter, timeout_seconds: float = 5.0) -> tuple[str, int]:
    """The reason why a receipt was not printed, and how often it was about to be sent."""
    sent = Sent()
    with pytest.raises(PrinterDown) as down:
        Printer(port_of(printer, timeout_seconds)).deliver(encode(paper()), sent)
    return down.value.reason, sent.times


@pytest.mark.parametrize(("status", "reason"), [(NO_PAPER, "paper-out"), (COVER_OPEN, "cover-open")])
def test_a_printer_that_says_it_cannot_print_is_sent_nothing(status: dict[str, int], reason: str) -> None:
    with NetworkPrinter(Mood(status=status)) as printer:
        assert delivered(printer) == (reason, 0)
        assert read_pieces(printer.stream) == []


def test_a_printer_whose_paper_ends_in_the_middle_has_not_printed() -> None:
    with NetworkPrinter(Mood(status=WELL, status_after=NO_PAPER)) as printer:
        assert delivered(printer) == ("paper-out", 1)


@pytest.mark.parametrize("taken", [4, 5_000, 90_000])
def test_a_printer_that_resets_in_the_middle_has_not_printed(taken: int) -> None:
    with NetworkPrinter(Mood(reset_after=taken)) as printer:
        assert delivered(printer) == ("cut-off", 1)


def test_a_printer_that_dies_after_the_first_question_has_been_sent_nothing() -> None:
    with NetworkPrinter(Mood(status=WELL, reset_after=3)) as printer:
        assert delivered(printer) == ("cut-off", 0)


def test_a_printer_that_stops_taking_bytes_has_not_printed() -> None:
    """The bytes all fit into this machine's buffers, so every write succeeds: only the other side knows."""
    with NetworkPrinter(Mood(deaf=True)) as printer:
        assert delivered(printer, timeout_seconds=0.3) == ("stuck", 1)


def test_a_silent_printer_is_asked_once_and_then_no_longer_waited_for() -> None:
    with NetworkPrinter() as network_printer:
        printer = Printer(port_of(network_printer))
        printer.deliver(encode(paper()), Sent())
        for _ in range(3):
            printer.deliver(encode(paper()), Sent())
        assert network_printer.stream.count(b"\x10\x04\x01") == 1


def test_a_silent_printer_that_failed_is_asked_again() -> None:
    """It may be another one: replaced, or switched off before it could learn to answer."""
    with NetworkPrinter() as network_printer:
        printer = Printer(port_of(network_printer))
        printer.deliver(encode(paper()), Sent())
        network_printer.mood = Mood(status=NO_PAPER, reset_after=5_000)
        with pytest.raises(PrinterDown, match="cut-off"):
            printer.deliver(encode(paper()), Sent())
        network_printer.mood = Mood(status=NO_PAPER)
        with pytest.raises(PrinterDown, match="paper-out"):
            printer.deliver(encode(paper()), Sent())


def test_a_printer_that_crashes_when_it_has_everything_has_not_printed() -> None:
    with NetworkPrinter(Mood(reset_after=3 + len(encode(paper())))) as printer:
        assert delivered(printer) == ("cut-off", 1)


def test_a_printer_that_answers_goodbye_with_a_reset_has_printed() -> None:
    """Some do. Taking that for a failure would print every receipt again and again."""
    with NetworkPrinter(Mood(rude=True)) as network_printer:
        Printer(port_of(network_printer)).deliver(encode(paper()), Sent())
        network_printer.off()
        assert [piece.finished for piece in read_pieces(network_printer.stream)] == [True]


def test_a_slow_printer_that_talks_unasked_gets_everything() -> None:
    with NetworkPrinter() as network_printer:
        printer = Printer(port_of(network_printer))
        printer.deliver(encode(paper()), Sent())
        network_printer.mood = Mood(greeting=b"\x14\x00\x00\x0f", slowness=0.005)
        printer.deliver(encode(paper()), Sent())
        network_printer.off()
        assert network_printer.resets_seen == 0
        assert [piece.finished for piece in read_pieces(network_printer.stream)] == [True, True]


def test_a_name_that_leads_nowhere_is_an_outage() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = NetworkPort("localhost", reserved.getsockname()[1])
        with pytest.raises(PrinterDown) as down:
            Printer(port).deliver(encode(paper()), Sent())
    assert down.value.reason == "unreachable"
    assert port.name in down.value.detail


@pytest.mark.parametrize(
    ("status", "reading"),
    [
        (WELL, Reading(PrinterState.WELL, drawer_open=False)),
        (PAPER_LOW, Reading(PrinterState.WELL, paper_low=True, drawer_open=False)),
        (NO_PAPER, Reading(PrinterState.PAPER_OUT, drawer_open=False)),
        (COVER_OPEN, Reading(PrinterState.COVER_OPEN, drawer_open=False)),
        (FAULT, Reading(PrinterState.OFFLINE, drawer_open=False)),
        (DRAWER_OPEN, Reading(PrinterState.WELL, drawer_open=True)),
        (None, Reading(PrinterState.SILENT)),
    ],
)
def test_a_look_at_the_printer_tells_its_paper_its_cover_and_its_drawer_and_prints_nothing(
    status: dict[str, int] | None, reading: Reading
) -> None:
    with NetworkPrinter(Mood(status=status)) as printer:
        assert Printer(port_of(printer), drawer_open_is_high=False).look() == reading
        assert read_pieces(printer.stream) == []


def test_a_drawer_whose_switch_works_the_other_way_round_is_read_so() -> None:
    with NetworkPrinter(Mood(status=WELL)) as printer:
        assert Printer(port_of(printer), drawer_open_is_high=True).look().drawer_open is True
        assert Printer(port_of(printer)).look().drawer_open is None


def test_a_look_at_a_printer_that_is_off_says_so() -> None:
    printer = NetworkPrinter()
    with printer:
        port = port_of(printer)
    assert Printer(port).look() == Reading(PrinterState.UNREACHABLE)
