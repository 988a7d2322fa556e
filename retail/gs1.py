"""GS1 element strings and Digital Link URIs: what a DataMatrix, a GS1-128 or a QR code on goods says.

biip knows the application identifiers and their patterns; what it lets pass and a till must not, is
checked here: check digits inside, dates, separators after fields of open length, double fields.
Sources: GS1 General Specifications 3 (application identifiers), 7.8 (element strings), 7.9 (check
digits), 7.12 (dates); GS1 Digital Link Standard: URI Syntax.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from biip import ParseConfig, ParseError
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementString

from retail.refusal import Refusal

SEPARATOR = "\x1d"
"""What scanners send for FNC1 between fields."""

COUNT = "30"
DATES = frozenset({"11", "12", "13", "15", "16", "17"})
EXPIRY_MOMENT = "7003"
CHECKED_LENGTHS = {
    "00": 18,
    "01": 14,
    "02": 14,
    "03": 14,
    "253": 13,
    "255": 13,
    "402": 17,
    "410": 13,
    "411": 13,
    "412": 13,
    "413": 13,
    "414": 13,
    "415": 13,
    "416": 13,
    "417": 13,
    "8003": 14,
    "8006": 14,
    "8017": 18,
    "8018": 18,
    "8026": 14,
}
"""Fields that begin with a number of this length whose last digit is its check digit."""

PRODUCT_IN_PATH = re.compile(r"/01/\d{8,14}(?![^/?#])")

_AS_WRITTEN = ParseConfig(gs1_element_strings_verify_date=False)


class ElementsNotReadable(Refusal):
    """The code holds fields (GS1 element strings) that are cut off or contradict each other
    (`barcode`, `reason`)."""

    code = "elements-not-readable"


class LinkWithoutProduct(Refusal):
    """The QR code is a web address that names no product (`barcode`)."""

    code = "link-without-product"


@dataclass(frozen=True, slots=True)
class Element:
    """One field: the application identifier and what stands behind it."""

    ai: str
    value: str


def check_digit(payload: str) -> int:
    """The GS1 check digit that belongs behind these digits."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(payload)))
    return -weighted % 10


def checks(number: str) -> bool:
    """Whether the number's last digit is its check digit."""
    return number.isascii() and number.isdigit() and check_digit(number[:-1]) == int(number[-1])


def read_elements(text: str) -> tuple[Element, ...]:
    """The fields of an element string, with FNC1 as `SEPARATOR`; raises `ElementsNotReadable`."""
    elements = []
    rest = text.lstrip(SEPARATOR)
    while rest:
        try:
            found = GS1ElementString.extract(rest, config=_AS_WRITTEN)
        except ParseError as broken:
            raise ElementsNotReadable(barcode=_shown(text), reason=str(broken)) from None
        elements.append(Element(found.ai.ai, found.value))
        rest = rest[len(found) :]
        if rest and found.ai.separator_required and not rest.startswith(SEPARATOR):
            raise ElementsNotReadable(barcode=_shown(text), reason=f"({found.ai.ai}) is too long")
        rest = rest.removeprefix(SEPARATOR)
    return checked_elements(elements, text)


def read_link(uri: str) -> tuple[Element, ...]:
    """The fields of a GS1 Digital Link URI; raises `LinkWithoutProduct`, `ElementsNotReadable`."""
    try:
        parsed = GS1DigitalLinkURI.parse(uri, config=_AS_WRITTEN)
    except (ParseError, ValueError) as broken:
        if PRODUCT_IN_PATH.search(uri):
            raise ElementsNotReadable(barcode=_shown(uri), reason=str(broken)) from None
        raise LinkWithoutProduct(barcode=_shown(uri)) from None
    return checked_elements([Element(found.ai.ai, found.value) for found in parsed.element_strings], uri)


def checked_elements(elements: Sequence[Element], text: str) -> tuple[Element, ...]:
    """The fields themselves when they can be true together; raises `ElementsNotReadable`."""
    if not elements:
        raise ElementsNotReadable(barcode=_shown(text), reason="no field")
    values: dict[str, str] = {}
    for element in elements:
        reason = _broken(element)
        if values.setdefault(element.ai, element.value) != element.value:
            reason = "said twice"
        if reason:
            raise ElementsNotReadable(barcode=_shown(text), reason=f"({element.ai}) {reason}")
    if "01" in values and "02" in values:
        raise ElementsNotReadable(barcode=_shown(text), reason="(02) beside (01)")
    if "02" in values and "37" not in values:
        raise ElementsNotReadable(barcode=_shown(text), reason="(02) without (37)")
    if "37" in values and "00" not in values:
        raise ElementsNotReadable(barcode=_shown(text), reason="(37) without (00)")
    return tuple(elements)


def date_of(yymmdd: str, today: date) -> date:
    """The day of six digits: day 00 is the month's last; the century is the one that puts the year
    between 49 years ago and 50 years from today (General Specifications 7.12). Raises ValueError."""
    year, month, day = int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:6])
    ahead = year - today.year % 100
    century = today.year // 100 - (ahead >= 51) + (ahead <= -50)
    year += 100 * century
    return date(year, month, day or monthrange(year, month)[1])


def moment_of(yymmddhhmm: str, today: date) -> datetime:
    """The moment of ten digits on the wall clock of wherever the goods are (AI 7003); raises ValueError."""
    clock = time(int(yymmddhhmm[6:8]), int(yymmddhhmm[8:10]))
    return datetime.combine(date_of(yymmddhhmm[:6], today), clock)


def _broken(element: Element) -> str | None:
    """What is wrong with one field by itself."""
    length = CHECKED_LENGTHS.get(element.ai)
    if length is not None and not checks(element.value[:length]):
        return "has a wrong check digit"
    if element.ai == COUNT and not element.value:
        return "is no count"
    try:
        # Any leap year will do: whether 29 February was in that year is the packer's affair.
        if element.ai in DATES:
            date_of(element.value, date(2028, 1, 1))
        elif element.ai == EXPIRY_MOMENT:
            moment_of(element.value, date(2028, 1, 1))
    except ValueError:
        return "is no date"
    return None


def _shown(text: str) -> str:
    """A code as a message can show it."""
    return text.replace(SEPARATOR, "·")[:80]
