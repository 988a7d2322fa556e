"""Fonts and icons that ship can draw what the shop writes."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PIL import ImageFont

RESOURCES = Path(__file__).parents[2] / "resources"
FONTS = sorted((RESOURCES / "fonts").glob("*.ttf"))
ICONS = sorted((RESOURCES / "icons").glob("*.svg"))
VOWELS = "aăâeêioôơuưy"
TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
NOT_IN_ANY_FONT = "\uffff"


def vietnamese() -> str:
    small = {unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES} | {"đ"}
    return "".join(sorted(small | {letter.upper() for letter in small}))


@pytest.mark.parametrize("file", FONTS, ids=lambda file: file.stem)
def test_a_font_draws_every_vietnamese_letter_and_the_dong(file: Path) -> None:
    assert len(vietnamese()) == 2 * (12 * 6 + 1)
    font = ImageFont.truetype(file, 40)
    box = bytes(font.getmask(NOT_IN_ANY_FONT))
    letters = vietnamese() + "".join(map(chr, range(33, 127))) + "₫×–—…•·“”’€°"
    assert [letter for letter in letters if bytes(font.getmask(letter)) == box] == []


@pytest.mark.parametrize("file", FONTS, ids=lambda file: file.stem)
def test_digits_are_equally_wide_so_that_columns_of_money_stand_still(file: Path) -> None:
    font = ImageFont.truetype(file, 40)
    assert len({font.getlength(digit) for digit in "0123456789"}) == 1


def test_regular_semibold_and_bold_ship_with_their_licence_in_under_3_mb() -> None:
    assert {file.stem.partition("-")[2] for file in FONTS} >= {"Regular", "SemiBold", "Bold"}
    assert "SIL Open Font License" in (RESOURCES / "fonts" / "OFL.txt").read_text(encoding="utf-8")
    assert sum(file.stat().st_size for file in FONTS) < 3_000_000


@pytest.mark.parametrize("file", ICONS, ids=lambda file: file.stem)
def test_an_icon_is_drawn_in_the_one_line_style(file: Path) -> None:
    drawing = ET.parse(file).getroot()
    assert "currentColor" not in file.read_text(encoding="utf-8")
    if file.stem != "everopen":
        assert drawing.get("viewBox") == "0 0 24 24"
        assert (drawing.get("fill"), drawing.get("stroke-width")) == ("none", "2")
