"""A receipt goes to a printer on the network, and programs we did not write read what came out."""

from __future__ import annotations

import csv
import os
import subprocess
import unicodedata
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageOps

from retail.quantity import Unit
from retail.receipt import Receipt
from storehub.printers.job import Edition
from storehub.printers.network import NetworkPort
from storehub.printers.port import Paper, Printer, encode
from storehub.receipts.drawing import WIDTH_DOTS, draw_receipt
from tests.escpos_reader import read_pieces
from tests.printer_on_the_network import WELL, Mood, NetworkPrinter
from tests.sample_receipts import COFFEE, line, receipt

MARGIN_DOTS = 24
"""White around the picture, as a sheet has it and the paper in the printer does not: tesseract needs it."""


@dataclass(frozen=True)
class Read:
    """What the programs read from a picture."""

    words: str
    codes: list[tuple[str, str]]

    def line_with(self, text: str) -> str:
        """The first line with this text; fails when there is none."""
        found = [line for line in self.words.splitlines() if text in line]
        assert found, f"{text!r} was not read; read was:\n{self.words}"
        return found[0]


def printed(wanted: Receipt, language: str = "vi", edition: Edition = Edition.ORIGINAL) -> Image.Image:
    """The picture that a network printer's bytes make."""
    with NetworkPrinter(Mood(status=WELL)) as network_printer:
        port = NetworkPort("127.0.0.1", network_printer.port)
        picture = draw_receipt(wanted, language, edition=edition)
        Printer(port).deliver(encode(Paper(picture)), lambda: None)
        (piece,) = read_pieces(network_printer.stream)
    assert piece.finished
    return piece.picture


def read(picture: Image.Image, folder: Path, language: str = "vie") -> Read:
    """Tesseract for the words, zxing-cpp for the codes."""
    sheet = ImageOps.expand(picture.convert("L"), MARGIN_DOTS, 255)
    sheet.save(folder / "receipt.png")
    words = subprocess.run(
        ["tesseract", "receipt.png", "-", "-l", language, "--psm", "4", "--dpi", "203"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"OMP_THREAD_LIMIT": "1"},
    ).stdout
    codes = [(code.text, str(code.format)) for code in zxingcpp.read_barcodes(sheet)]
    return Read(unicodedata.normalize("NFC", words), codes)


LUNCH = receipt(
    [
        COFFEE,
        line(
            "Bánh mì thịt nướng đặc biệt nhiều rau thơm và dưa leo muối chua", 1, 35_000, line_discount=5_000
        ),
        line("Nước suối 500ml", 3, 6_000, tax_rate="0.10"),
        line("Cam sành", 350, 48_000, tax_rate="0.05", unit=Unit.GRAM),
    ],
    tendered=200_000,
)
SPEC = receipt(
    [line("Cà phê sữa đá", 1, 50_000, tax_rate="0.10")], prices_include_tax=False, qr_amount=55_000
)
PARTY = receipt(
    [COFFEE, line("Bia Sài Gòn lon 330ml", 240, 16_500, tax_rate="0.10"), line("Đá viên", 12, 15_000)],
    qr_amount=3_000_000,
    tendered=2_000_000,
    receipt_number="POS_03-001042",
)
MORNING = receipt([line("Cà phê sữa đá", 1, 29_000)], receipt_number="POS_02-000007")


@pytest.mark.parametrize(
    ("wanted", "total"),
    [(LUNCH, "114.800"), (SPEC, "55.000"), (PARTY, "4.190.000"), (MORNING, "29.000")],
    ids=["lunch", "spec", "party", "morning"],
)
def test_words_total_and_code_come_back_right(wanted: Receipt, total: str, tmp_path: Path) -> None:
    seen = read(printed(wanted), tmp_path)
    assert "Cà phê sữa đá" in seen.words
    assert "Everopen Nguyễn Huệ" in seen.words
    assert total in seen.line_with("CỘNG")
    assert seen.codes == [(wanted.receipt_number, "Code 128")]


def test_every_figure_of_a_receipt_comes_back_right(tmp_path: Path) -> None:
    seen = read(printed(LUNCH), tmp_path)
    for words, figure in [
        ("25.000", "50.000"),
        ("35.000", "35.000"),
        ("6.000", "18.000"),
        ("0,350", "16.800"),
        ("Tiền hàng", "119.800"),
        ("Tiền mặt", "114.800"),
        ("Khách đưa", "200.000"),
        ("Tiền thối lại", "85.200"),
        ("thuế GTGT", "8.362"),
        ("8%", "5.926"),
        ("10%", "1.636"),
    ]:
        assert seen.line_with(words).endswith(figure)
    assert "-5.000" in seen.line_with("Giảm giá")
    assert "20/11/2026 14:05" in seen.line_with("POS_01-000042")
    assert "7F3A" in seen.line_with("Mã kiểm tra")


def test_the_english_receipt_is_read_as_english(tmp_path: Path) -> None:
    seen = read(printed(LUNCH, "en"), tmp_path, "eng")
    assert "114,800" in seen.line_with("TOTAL")
    assert "85,200" in seen.line_with("Change")
    assert "8,362" in seen.line_with("Prices include VAT")
    assert "Thank you!" in seen.words


@pytest.mark.parametrize(
    ("language", "edition", "word"),
    [
        ("vi", Edition.COPY, "BẢN SAO"),
        ("vi", Edition.PERHAPS_COPY, "BẢN SAO?"),
        ("en", Edition.COPY, "COPY"),
        ("en", Edition.PERHAPS_COPY, "COPY?"),
    ],
)
def test_a_second_paper_says_that_it_is_one(
    language: str, edition: Edition, word: str, tmp_path: Path
) -> None:
    seen = read(printed(MORNING, language, edition), tmp_path, "vie" if language == "vi" else "eng")
    assert word in seen.words.splitlines()
    total = {"vi": "29.000", "en": "29,000"}[language]
    assert total in seen.line_with("CỘNG" if language == "vi" else "TOTAL")


def test_a_receipt_longer_than_a_printers_picture_comes_out_whole(tmp_path: Path) -> None:
    """python-escpos splits a picture at 960 rows; the parts must stand together without a gap."""
    lines = [line(f"Nước ngọt số {number}", number, 10_000) for number in range(1, 31)]
    wanted = receipt([*lines, COFFEE])
    picture = printed(wanted)
    assert picture.height > 2 * 960
    assert picture.tobytes() == draw_receipt(wanted).tobytes()
    assert "4.700.000" in read(picture, tmp_path).line_with("CỘNG")


@pytest.mark.parametrize(
    ("receipt_number", "kind"),
    [
        ("POS_1-1", "Code 128"),
        ("POS_01-000001", "Code 128"),
        ("POS_12-1234567", "Code 128"),
        ("12345678901", "Code 128"),
        ("KIOSK_NGUYEN_HUE_0012-000042", "QR Code"),
        ("QUẦY_1-000042", "QR Code"),
    ],
)
def test_a_number_of_any_length_and_alphabet_gets_a_code_that_is_read(
    receipt_number: str, kind: str, tmp_path: Path
) -> None:
    seen = read(printed(receipt(receipt_number=receipt_number)), tmp_path)
    assert seen.codes == [(receipt_number, kind)]


def test_the_names_of_the_demo_shelf_are_readable(tmp_path: Path) -> None:
    """Every ninth product of the demo chain; tesseract may stumble over one word in twenty, never a total."""
    with files("resources").joinpath("demo", "catalogue.csv").open(encoding="utf-8") as catalogue:
        names = [unicodedata.normalize("NFC", row["product_name"]) for row in csv.DictReader(catalogue)][::9]
    right = 0
    for start in range(0, len(names), 12):
        wanted = receipt([line(name, 2, 10_500) for name in names[start : start + 12]])
        seen = read(printed(wanted), tmp_path)
        assert f"{wanted.total_amount:,}".replace(",", ".") in seen.line_with("CỘNG")
        words = set(seen.words.split())
        right += sum(word in words for name in names[start : start + 12] for word in name.split())
    assert right / sum(len(name.split()) for name in names) >= 0.95


def test_no_dot_leaves_the_paper_and_every_dot_is_black_or_white() -> None:
    picture = draw_receipt(LUNCH)
    assert (picture.mode, picture.width) == ("1", WIDTH_DOTS)
    ink = ImageOps.invert(picture.convert("L")).getbbox()
    assert ink is not None
    assert ink[0] >= 8
    assert ink[2] <= WIDTH_DOTS - 6


def test_decomposed_letters_are_drawn_like_composed_ones() -> None:
    """Text from macOS and some files writes ệ as three characters."""
    spelled = unicodedata.normalize("NFD", "Cà phê sữa đá")
    assert len(spelled) > len("Cà phê sữa đá")
    assert draw_receipt(receipt([line(spelled, 2, 25_000)])).tobytes() == draw_receipt(receipt()).tobytes()
