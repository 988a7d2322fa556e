"""The receipt as a one-bit picture, 576 dots wide: 72 mm of an 80 mm roll at 203 dots an inch.

A picture comes out right on every printer; of the text modes of cheap printers most cannot write Vietnamese.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

import qrcode
from barcode.codex import Code128
from barcode.errors import BarcodeError
from PIL import Image, ImageDraw, ImageFont

from retail.receipt import Receipt
from storehub.printers.job import Edition
from storehub.receipts.layout import (
    Banner,
    Centred,
    Code,
    Pair,
    Row,
    Rule,
    Weight,
    beside,
    broken_evenly,
    rows_of,
)
from storehub.receipts.wording import wording_of

WIDTH_DOTS = 576
MARGIN_DOTS = 8
INDENT_DOTS = 26
GAP_DOTS = 16
INK_THRESHOLD = 190
"""Grey from here on is paper: a little above the middle, so that thin strokes stay whole on thermal paper."""

CODE_HEIGHT_DOTS = 72
QUIET_MODULES = 10
"""Code 128 wants ten modules of white on both sides (ISO/IEC 15417)."""

Draw = Callable[[ImageDraw.ImageDraw, int], None]
"""Draws a strip of the receipt with its upper edge at this height."""


@dataclass(frozen=True, slots=True)
class Face:
    """A weight of the font and its size in dots (8 dots are 1 mm)."""

    file: str
    size: int
    above: int = 0
    below: int = 4


REGULAR = "IBMPlexSans-Regular.ttf"
SEMIBOLD = "IBMPlexSans-SemiBold.ttf"
BOLD = "IBMPlexSans-Bold.ttf"

FACES = {
    Weight.SMALL: Face(REGULAR, 22),
    Weight.BODY: Face(REGULAR, 24),
    Weight.ITEM: Face(SEMIBOLD, 28),
    Weight.STRONG: Face(BOLD, 26),
    Weight.HEADING: Face(BOLD, 28, above=12, below=8),
    Weight.TITLE: Face(BOLD, 34),
    Weight.TOTAL: Face(BOLD, 44, above=4, below=10),
}


def draw_receipt(
    receipt: Receipt, language: str = "vi", *, edition: Edition = Edition.ORIGINAL
) -> Image.Image:
    """The receipt as a picture of mode `1`, ready for `storehub.printers.port.Paper`.

    `language` is `vi` or `en`. Raises `UnknownCurrency`.
    """
    return draw_rows(rows_of(receipt, wording_of(language), edition))


def draw_rows(rows: Iterable[Row]) -> Image.Image:
    """Rows as a picture of mode `1`, ready for `storehub.printers.port.Paper`."""
    sheet = _Sheet()
    for row in rows:
        sheet.add(row)
    return sheet.picture()


def png_of(picture: Image.Image) -> bytes:
    """The picture as a PNG file."""
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=False)
    return file.getvalue()


@dataclass(slots=True)
class _Sheet:
    """Strips are measured first and drawn when the height of the whole is known."""

    strips: list[tuple[int, Draw]] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Put a row under those that are there."""
        match row:
            case Centred(text, weight):
                self._centred(text, FACES[weight])
            case Pair():
                self._pair(row, FACES[row.weight])
            case Banner(text):
                self._banner(text)
            case Rule():
                self._rule()
            case Code(text):
                self._code(text)

    def picture(self) -> Image.Image:
        """All strips on white paper, every dot black or white."""
        grey = Image.new("L", (WIDTH_DOTS, sum(height for height, _ in self.strips)), 255)
        pen = ImageDraw.Draw(grey)
        top = 0
        for height, draw in self.strips:
            draw(pen, top)
            top += height
        return grey.point([0] * INK_THRESHOLD + [255] * (256 - INK_THRESHOLD), "1")

    def _centred(self, text: str, face: Face) -> None:
        font = _font(face)
        for piece in broken_evenly(text, font.getlength, WIDTH_DOTS - 2 * MARGIN_DOTS):

            def draw(pen: ImageDraw.ImageDraw, top: int, piece: str = piece) -> None:
                pen.text((WIDTH_DOTS // 2, top + face.above), piece, 0, font, "ma")

            self.strips.append((_height(face), draw))

    def _pair(self, row: Pair, face: Face) -> None:
        font = _font(face)
        left_edge = MARGIN_DOTS + (INDENT_DOTS if row.indented else 0)
        right_edge = WIDTH_DOTS - MARGIN_DOTS
        pieces = beside(row.left, row.right, font.getlength, right_edge - left_edge, GAP_DOTS)
        for piece, right in pieces:

            def draw(pen: ImageDraw.ImageDraw, top: int, piece: str = piece, right: str = right) -> None:
                pen.text((left_edge, top + face.above), piece, 0, font, "la")
                pen.text((right_edge, top + face.above), right, 0, font, "ra")

            self.strips.append((_height(face), draw))

    def _banner(self, text: str) -> None:
        face = FACES[Weight.TITLE]
        font = _font(face)
        height = _height(face) + 18

        def draw(pen: ImageDraw.ImageDraw, top: int) -> None:
            for edge in (top + 2, top + height - 8):
                pen.rectangle((MARGIN_DOTS, edge, WIDTH_DOTS - MARGIN_DOTS, edge + 5), 0)
            pen.text((WIDTH_DOTS // 2, top + 8), text, 0, font, "ma")

        self.strips.append((height, draw))

    def _rule(self) -> None:
        self.strips.append(
            (18, lambda pen, top: pen.rectangle((MARGIN_DOTS, top + 8, WIDTH_DOTS - MARGIN_DOTS, top + 9), 0))
        )

    def _code(self, text: str) -> None:
        code = _code128(text) or _qr(text)

        def draw(pen: ImageDraw.ImageDraw, top: int) -> None:
            pen.bitmap(((WIDTH_DOTS - code.width) // 2, top + 8), code, 0)

        self.strips.append((code.height + 16, draw))


@lru_cache
def _font(face: Face) -> ImageFont.FreeTypeFont:
    """The bundled font; its figures are all equally wide, so that right-aligned columns stand."""
    font = files("resources").joinpath("fonts", face.file).read_bytes()
    return ImageFont.truetype(io.BytesIO(font), face.size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache
def _height(face: Face) -> int:
    """From one line to the next; room for the marks above Ế and below ậ is part of it."""
    ascent, descent = _font(face).getmetrics()
    return face.above + ascent + descent + face.below


def _code128(text: str) -> Image.Image | None:
    """The text as Code 128, which every hand scanner reads; None when it has other letters or is too long."""
    try:
        modules = Code128(text).build()[0]
    except BarcodeError:
        return None
    dots = min(3, WIDTH_DOTS // (len(modules) + 2 * QUIET_MODULES))
    if dots < 2:
        return None  # a quarter of a millimetre is the least a thermal head draws sharply
    bars = Image.new("1", (len(modules), 1))
    bars.putdata([int(module) for module in modules])
    return bars.resize((len(modules) * dots, CODE_HEIGHT_DOTS), Image.Resampling.NEAREST)


def _qr(text: str) -> Image.Image:
    """The text as a QR code."""
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=4)
    code.add_data(text)
    matrix = code.get_matrix()
    dots = Image.new("1", (len(matrix), len(matrix)))
    dots.putdata([int(module) for row in matrix for module in row])
    return dots.resize((len(matrix) * 6, len(matrix) * 6), Image.Resampling.NEAREST)
