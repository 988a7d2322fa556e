"""The reader that judges our receipts is itself held against streams that others made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.escpos_reader import read_pieces

STREAMS = Path(__file__).parents[1] / "data" / "escpos"


def test_it_finds_the_text_the_cut_and_the_drawer_of_another_program() -> None:
    receipt, after = read_pieces((STREAMS / "php_receipt-with-logo.bin").read_bytes())
    assert receipt.finished
    assert b"ExampleMart Ltd.\n" in receipt.text
    assert b"Total            $ 14.25\n" in receipt.text
    assert (after.finished, after.drawer_kicks) == (False, [b"\x1bp0\x3c\x78"])


def test_it_turns_the_rasters_of_another_program_into_pictures() -> None:
    (piece,) = read_pieces((STREAMS / "php_bit-image.bin").read_bytes())
    assert [picture.size for picture in piece.pictures] == [(128, 148)] * 4
    first = piece.pictures[0]
    ink = [first.crop((0, top, 128, top + 37)).histogram()[0] for top in range(0, 148, 37)]
    assert 0 < sum(ink) < 128 * 148 / 2, "a penguin is more paper than ink"
    assert all(other.tobytes() == first.tobytes() for other in piece.pictures)
    assert piece.picture.size == (128, 4 * 148)


def test_a_stream_that_breaks_off_is_an_unfinished_paper() -> None:
    stream = (STREAMS / "php_bit-image.bin").read_bytes()
    (piece,) = read_pieces(stream[:6000])
    assert (len(piece.pictures), piece.finished) == (2, False)


def test_a_command_it_does_not_know_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="unknown command 1b 7a"):
        read_pieces(b"\x1b@\x1bz1")
