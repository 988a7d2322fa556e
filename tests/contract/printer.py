"""What every way to a printer must do. A way's tests subclass this and give it a device.

See `storehub.printers.port`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Protocol

import pytest
from PIL import Image, ImageDraw

from storehub.printers.port import Paper, Port, Printer, PrinterDown, encode
from tests.escpos_reader import Piece, read_pieces


class Device(Protocol):
    """A printer at the other end of a way."""

    @property
    def port(self) -> Port:
        """The way to it."""

    def received(self) -> bytes:
        """Everything that has reached it; asked for once, at the end of a test."""

    def unplug(self) -> None:
        """Make it unreachable."""


def paper(number: int = 0, tall: int = 1400) -> Paper:
    """A receipt of fifteen lines, or as tall as said."""
    return Paper(picture(number, tall))


def picture(number: int = 0, tall: int = 1400) -> Image.Image:
    """A picture that differs from the others by its number."""
    drawn = Image.new("1", (576, tall), 1)
    pen = ImageDraw.Draw(drawn)
    for top in range(0, tall, 40):
        pen.rectangle((top % 97, top, 400 + 10 * number, top + 19), 0)
    return drawn


class Sent:
    """Counts how often a delivery was about to send."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


class PrinterContract(ABC):
    """Tests that hold for any way to a printer."""

    @pytest.fixture
    @abstractmethod
    def device(self) -> Device | Iterator[Device]:
        """A printer that is well and has received nothing."""

    def pieces(self, device: Device) -> list[Piece]:
        return read_pieces(device.received())

    def test_a_receipt_arrives_dot_by_dot_and_is_cut(self, device: Device) -> None:
        Printer(device.port).deliver(encode(paper()), Sent())
        (piece,) = self.pieces(device)
        assert piece.picture.tobytes() == picture().tobytes()
        assert (piece.finished, piece.resets, piece.drawer_kicks, piece.text.strip()) == (True, 1, [], b"")

    def test_receipts_arrive_one_after_the_other_each_with_a_reset_of_its_own(self, device: Device) -> None:
        printer = Printer(device.port)
        for number in range(5):
            printer.deliver(encode(paper(number, tall=300)), Sent())
        pieces = self.pieces(device)
        assert [piece.picture.tobytes() for piece in pieces] == [
            picture(number, tall=300).tobytes() for number in range(5)
        ]
        assert [piece.resets for piece in pieces] == [1] * 5

    def test_the_drawer_opens_when_the_paper_says_so(self, device: Device) -> None:
        Printer(device.port).deliver(encode(Paper(picture(), drawer_pin=2)), Sent())
        Printer(device.port).deliver(encode(Paper(picture(), drawer_pin=5)), Sent())
        first, second = self.pieces(device)
        assert [kick[:3] for kick in first.drawer_kicks + second.drawer_kicks] == [b"\x1bp\x00", b"\x1bp\x01"]

    def test_it_says_before_the_first_byte_that_it_is_about_to_send(self, device: Device) -> None:
        def refuse() -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            Printer(device.port).deliver(encode(paper()), refuse)
        assert self.pieces(device) == []

    def test_a_device_that_is_not_there_is_an_outage_and_nothing_was_sent(self, device: Device) -> None:
        device.unplug()
        sent = Sent()
        with pytest.raises(PrinterDown) as down:
            Printer(device.port).deliver(encode(paper()), sent)
        assert (down.value.reason, sent.times) == ("unreachable", 0)
        assert device.port.name in down.value.detail
