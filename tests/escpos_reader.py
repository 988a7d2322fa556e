"""Reads ESC/POS streams back, without the library that writes ours.

It knows the commands that receipts are made of (Epson's command reference) and refuses any other, so that a
byte too many or too few cannot hide. Raster pictures (GS v 0) become Pillow pictures; a stream that ends in
the middle of a command gives an unfinished paper.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image

ARGUMENTS = {b"\x1bE": 1, b"\x1ba": 1, b"\x1b!": 1, b"\x1bd": 1, b"\x1bp": 3, b"\x1d!": 1, b"\x10\x04": 1}
"""Commands of fixed length: emphasis, alignment, modes, feed, drawer, size, status."""


@dataclass
class Piece:
    """What lies between two cuts."""

    pictures: list[Image.Image] = field(default_factory=list)
    text: bytes = b""
    drawer_kicks: list[bytes] = field(default_factory=list)
    resets: int = 0
    finished: bool = False

    @property
    def picture(self) -> Image.Image:
        """All rasters under each other, as they stand on the paper."""
        sizes = [part.size for part in self.pictures]
        whole = Image.new("1", (max(wide for wide, _ in sizes), sum(tall for _, tall in sizes)), 1)
        top = 0
        for part in self.pictures:
            whole.paste(part, (0, top))
            top += part.height
        return whole


def read_pieces(stream: bytes) -> list[Piece]:
    """The papers of a stream, cut by cut; only the last may be unfinished. Raises ValueError."""
    pieces = [Piece()]
    at = 0
    while at < len(stream):
        length = _length(stream, at)
        if at + length > len(stream):
            return pieces
        _obey(stream[at : at + length], pieces)
        at += length
    return pieces[:-1] if pieces[-1] == Piece() else pieces


def _length(stream: bytes, at: int) -> int:
    """Bytes of the command or character that begins here; more than there are when it is cut off."""
    command = stream[at : at + 2]
    if command[0] not in b"\x10\x1b\x1d":
        return 1
    if command in ARGUMENTS:
        return 2 + ARGUMENTS[command]
    if command == b"\x1b@":
        return 2
    if command == b"\x1dV":
        return 4 if stream[at + 2 : at + 3] in (b"A", b"B") else 3
    if command == b"\x1dv":
        wide, tall = _raster_size(stream[at : at + 8])
        return 8 + wide * tall
    if command == b"\x1d(":
        return 5 + int.from_bytes(stream[at + 3 : at + 5], "little")
    if len(command) == 1:
        return 2
    raise ValueError(f"unknown command {stream[at : at + 8].hex(' ')} at byte {at}")


def _raster_size(command: bytes) -> tuple[int, int]:
    """Bytes in a row, and rows."""
    return int.from_bytes(command[4:6], "little"), int.from_bytes(command[6:8], "little")


def _obey(command: bytes, pieces: list[Piece]) -> None:
    piece = pieces[-1]
    match command[:2]:
        case b"\x1b@":
            piece.resets += 1
        case b"\x1dV":
            piece.finished = True
            pieces.append(Piece())
        case b"\x1bp":
            piece.drawer_kicks.append(command)
        case b"\x1dv":
            wide, tall = _raster_size(command)
            inked = bytes(byte ^ 0xFF for byte in command[8:])
            piece.pictures.append(Image.frombytes("1", (8 * wide, tall), inked))
        case _ if len(command) == 1:
            piece.text += command
