"""Everything the till says, it says in both languages, and every message says what to do."""

from __future__ import annotations

import importlib
import pkgutil
import re
import string
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import retail
import terminal
from retail.calendar import StoreCalendar
from retail.money import currency_of
from retail.refusal import all_refusals
from terminal import notice
from terminal.checkout import age, parking, stock_watch
from terminal.checkout import desk as checkout
from terminal.oversight import outlook_page
from terminal.payment import desk as payment
from terminal.sales import desk as sales
from terminal.sales import paper
from terminal.wording import Language, Wording, table

ROOM = Path(terminal.__file__).parent
NOTICES = {
    notice.HUB_AWAY,
    checkout.PAST_BEST_BEFORE,
    age.TOO_YOUNG,
    parking.PARKED,
    parking.RECALLED,
    parking.HUB_HAS_IT,
    parking.TAKEN_ELSEWHERE,
    stock_watch.STOCK_SHORT,
    payment.PAYMENT_FAILED,
    payment.PAYMENT_UNKNOWN,
    payment.CASH_GOES_BACK,
    payment.PARKED_UNPAID,
    sales.HUB_AWAY_SALES,
    sales.RETURNS_NOT_TOLD,
    paper.PAPER_WAITS,
    "scan-not-here",
    outlook_page.HUB_NOT_REACHED,
    outlook_page.PRINTING_NOW,
    outlook_page.TRYING_NOW,
}

MADE = (
    *("pay.CASH", "pay.QR_", "link.", "age.", "act.", "reason.", "menu.", "world.", "outlook."),
    *("move.", "paper.", "report-paper.", "customer.qr-"),
)
"""Words whose code the program puts together."""


def refusals() -> list[str]:
    """The codes of every refusal that a till can meet."""
    for package in (retail, terminal):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    ours = [one for one in all_refusals() if one.__module__.split(".")[0] in ("retail", "terminal")]
    return sorted({refusal.code for refusal in ours} | NOTICES)


@pytest.mark.parametrize("code", refusals())
@pytest.mark.parametrize("language", list(Language))
def test_every_refusal_says_what_happened_and_what_to_do_now(code: str, language: Language) -> None:
    message = Wording(language).message(code)
    assert message.happened
    assert message.todo


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_figures() -> None:
    entries = {**table()["message"], **table()["word"]}
    told = {
        code: {language: placeholders(" ".join(entry[language])) for language in Language}
        for code, entry in table()["message"].items()
    }
    told |= {
        code: {language: placeholders(entry[language]) for language in Language}
        for code, entry in table()["word"].items()
    }
    assert len(told) == len(entries)
    assert {code: by for code, by in told.items() if by[Language.VI] != by[Language.EN]} == {}


def test_every_word_is_used_and_every_word_used_is_in_the_table() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in ROOM.rglob("*.py"))
    rooms = {code.split(".")[0] for code in table()["word"]}
    named = set(re.findall(r"""["']([a-z-]+\.[A-Za-z_-]+)["']""", source))
    spoken = {code for code in named if code.split(".")[0] in rooms}
    made = {code for code in table()["word"] if code.startswith(MADE)}
    assert spoken - set(table()["word"]) == set()
    assert set(table()["word"]) - spoken - made == set()


def test_no_screen_holds_words_of_its_own() -> None:
    """Letters of Vietnamese in the code are words that nobody can translate."""
    letters = re.compile(
        r"[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]", re.IGNORECASE
    )
    found = [
        path.name for path in ROOM.rglob("*.py") if "till" not in path.parts and letters.search(_code(path))
    ]
    assert found == []


def _code(path: Path) -> str:
    """The module without comments and docstrings."""
    text = re.sub(r'""".*?"""', "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"#.*", "", text)


def test_figures_are_written_as_the_country_writes_them() -> None:
    vietnamese, english = Wording(), Wording(Language.EN)
    assert vietnamese.money(1_234_567) == "1.234.567 ₫"
    assert english.money(1_234_567) == "1,234,567 ₫"
    assert vietnamese.figure(55_000) == "55.000"
    assert Wording(Language.VI, currency_of("USD")).money(1_999_50) == "$1.999,50"
    assert vietnamese.quantity(1_250, "gram") == "1,250 kg"
    assert english.quantity(1_250, "gram") == "1.250 kg"
    assert vietnamese.quantity(3, "piece") == "3"
    assert vietnamese.rate(Decimal("0.08")) == "8%"
    assert vietnamese.rate(Decimal("0.055")) == "5,5%"
    assert english.rate(Decimal("0.10")) == "10%"


def test_moments_are_on_the_stores_wall() -> None:
    words = Wording(calendar=StoreCalendar("Asia/Tokyo"))
    assert words.moment(datetime(2026, 11, 20, 1, 30, tzinfo=UTC)) == "10:30"


def test_an_age_is_told_in_its_largest_whole_unit() -> None:
    english = Wording(Language.EN)
    assert [english.age(seconds) for seconds in (-3, 59, 60, 3_599, 3_600, 90_000)] == [
        "0 s",
        "59 s",
        "1 min",
        "59 min",
        "1 h",
        "1 d",
    ]


def test_a_figure_that_a_refusal_did_not_bring_leaves_no_brace() -> None:
    assert "{" not in Wording().message("product-not-found", {"barcode": "123"}).happened
    assert Wording().message("product-not-found", {"barcode": "123"}).happened.endswith("123")


def test_days_are_written_as_people_say_them() -> None:
    detail = {"product_name": "Sữa", "expired_on": "2026-11-19", "lot": None}
    assert Wording().message("goods-expired", detail).happened == "“Sữa” đã hết hạn ngày 19/11/2026"
    assert Wording(Language.EN).message("goods-expired", detail).happened == "“Sữa” expired on 19 Nov 2026"
    assert Wording().day("2026-11-19T18:30") == "19/11/2026 18:30"


def test_one_is_not_many_in_english() -> None:
    english = Wording(Language.EN)
    assert english.say("total.items", count=1) == "1 item"
    assert english.say("total.items", count=2) == "2 items"
