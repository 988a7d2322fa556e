"""The chaos itself is tested: its comparison finds every kind of difference, its wire does what it says."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.books import Books, compare, compare_deeds, compare_stock, stock_expected
from tests.chaos.deck import FAULTS, PARTS, next_together
from tests.chaos.deeds import Deed
from tests.chaos.price_books import compare_prices
from tests.chaos.wire import FAIR, Weather, Wire
from tests.chaos.witness import Ears, Record, Sale, Witness

TILL = "STORE_001/POS_01"


def sale(number: int) -> Sale:
    return Sale(f"sale-{number}", TILL, number, 10_000, {"CASH": 10_000}, {"SKU": number})


def shown(*sales: Sale) -> Record:
    return Record(asked={each.sale_id: each.total for each in sales}, shown=list(sales))


def test_books_that_agree_have_no_difference() -> None:
    sales = [sale(1), sale(2), sale(3)]
    assert compare(shown(*sales), [Books("hub", list(reversed(sales)))]) == []


@pytest.mark.parametrize(
    ("books", "said"),
    [
        ([sale(1)], "hub: missing: STORE_001/POS_01 2 (10000)"),
        ([sale(1), sale(2), sale(2)], "hub: twice: sale-2"),
        ([sale(1), sale(2), sale(3)], "hub: nobody was shown: STORE_001/POS_01 3 (10000)"),
        ([sale(1), replace(sale(2), total=9_999)], "hub: not as it was shown"),
        ([sale(1), replace(sale(2), tenders={"QR_MOMO": 10_000})], "hub: not as it was shown"),
        ([sale(1), replace(sale(2), goods={"SKU": 1})], "hub: not as it was shown"),
        ([sale(1), replace(sale(2), number=1)], "hub: one number for two sales: STORE_001/POS_01 1"),
    ],
)
def test_a_difference_in_any_book_is_named(books: list[Sale], said: str) -> None:
    found = compare(shown(sale(1), sale(2)), [Books("hub", books)])
    assert any(each.startswith(said) for each in found), found


def test_a_receipt_over_another_total_than_was_asked_for_is_named() -> None:
    record = shown(sale(1))
    record.asked["sale-1"] = 9_000
    assert compare(record, []) == ["the receipts: another total than was asked for: sale-1"]


def test_a_sale_that_only_the_journal_knew_of_after_a_kill_counts() -> None:
    record = Record(asked={"sale-1": 10_000}, found=[sale(1)])
    assert compare(record, [Books("hub", [sale(1)])]) == []
    assert compare(record, [Books("hub")]) == ["hub: missing: STORE_001/POS_01 1 (10000)"]


def test_stock_is_what_was_delivered_less_what_was_sold() -> None:
    expected = stock_expected(shown(sale(1), sale(2)), {"STORE_001": {"SKU": 10}})
    assert compare_stock(expected, "hub", {("STORE_001", "SKU"): 7}) == []
    after = stock_expected(shown(sale(1), sale(2)), {"STORE_001": {"SKU": 10}}, [deed(SKU=2)])
    assert compare_stock(after, "hub", {("STORE_001", "SKU"): 9}) == []
    assert compare_stock(expected, "hub", {("STORE_001", "SKU"): 8}) == [
        "hub: stock: STORE_001 SKU is 8 instead of 7"
    ]


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"A": 1_000}, "hub: prices: B is None instead of 2000"),
        ({"A": 1_000, "B": 2_001}, "hub: prices: B is 2001 instead of 2000"),
        ({"A": 1_000, "B": 2_000, "C": 3_000}, "hub: prices: C is 3000 instead of None"),
    ],
)
def test_a_price_that_any_tier_has_otherwise_is_named(known: dict[str, int], said: str) -> None:
    stated = {"A": 1_000, "B": 2_000}
    assert compare_prices(stated, "hub", known) == [said]
    assert compare_prices(stated, "hub", dict(stated)) == []


def deed(kind: str = "void", amount: int = 10_000, **goods: int) -> Deed:
    return Deed(kind, TILL, "sale-1", amount, goods)


@pytest.mark.parametrize(
    ("shown_there", "own", "there", "said"),
    [
        ([deed()], [], [], "the journals: missing: void STORE_001/POS_01 sale-1 (10000)"),
        ([], [deed(), deed()], [deed(), deed()], "a deed twice in the journals: void"),
        ([], [deed()], [], "hub: missing: void STORE_001/POS_01"),
        ([], [deed()], [deed(amount=9_000)], "hub: not in a journal: void STORE_001/POS_01 sale-1 (9000)"),
        ([], [deed()], [deed(), deed()], "hub: not in a journal: void STORE_001/POS_01 sale-1 (10000)"),
    ],
)
def test_a_deed_that_any_book_has_otherwise_is_named(
    shown_there: list[Deed], own: list[Deed], there: list[Deed], said: str
) -> None:
    others: dict[tuple[str, ...], Books] = {("void", "refund"): Books("hub", deeds=there)}
    found = compare_deeds(Record(deeds=shown_there), Books("journals", deeds=own), others)
    assert any(each.startswith(said) for each in found), found
    fine = Books("journals", deeds=[deed(), deed("cash moved")])
    assert compare_deeds(Record(deeds=[deed()]), fine, {("void",): Books("hub", deeds=[deed()])}) == []


@pytest.mark.parametrize("seed", range(5))
def test_a_deck_strikes_each_of_its_faults_once_and_two_at_once_strike_different_parts(seed: int) -> None:
    deck = random.Random(seed).sample(list(FAULTS), len(FAULTS))
    struck: list[list[str]] = []
    while deck:
        struck.append(next_together(deck))
    assert sorted(name for names in struck for name in names) == sorted(FAULTS)
    assert len(struck) < 25, "most of them in twos"
    for first, second in (names for names in struck if len(names) == 2):
        assert not PARTS[first] & PARTS[second]


def test_a_witness_goes_on_after_a_line_that_a_kill_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "witness"
    first = Witness(file)
    first.say("asked", sale_id="sale-1", total=10_000)
    first.close()
    with file.open("ab") as torn:
        torn.write(b'{"kind": "sho')

    second = Witness(file)
    second.say("found", sale=sale(1).to_body())
    second.close()

    heard = Ears().listen(file).record
    assert heard.final == [sale(1)]
    assert heard.unfinished == {}


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that says everything back."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                end, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(end,), daemon=True).start()

    def answer(end: socket.socket) -> None:
        with end:
            try:
                while block := end.recv(65_536):
                    end.sendall(block)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.fixture
def wire(echo: int) -> Iterator[Wire]:
    wire = Wire(echo, random.Random(1))
    yield wire
    wire.close()


def heard_back(wire: Wire, what: bytes, timeout: float = 30.0) -> bytes:
    """What comes back, up to the end of the connection or of the patience."""
    back = b""
    with suppress(OSError), socket.create_connection(("127.0.0.1", wire.port), timeout=timeout) as end:
        end.sendall(what)
        while len(back) < len(what) and (block := end.recv(65_536)):
            back += block
    return back


@pytest.mark.parametrize("weather", [FAIR, Weather(delay_seconds=0.01), Weather(bytes_per_second=1_000_000)])
def test_a_wire_that_lets_everything_through_changes_nothing(wire: Wire, weather: Weather) -> None:
    wire.be(weather)
    said = random.Random(2).randbytes(200_000)
    assert heard_back(wire, said) == said


def test_a_cut_wire_lets_nothing_through_and_a_whole_one_everything_again(wire: Wire) -> None:
    wire.be(Weather(cut=True))
    assert heard_back(wire, b"hello") == b""
    wire.be(FAIR)
    assert heard_back(wire, b"hello") == b"hello"


def test_a_breaking_wire_ends_in_the_middle_of_what_is_said(wire: Wire) -> None:
    wire.be(Weather(breaks_after=100_000))
    said = random.Random(3).randbytes(300_000)
    assert said.startswith(heard_back(wire, said))
    assert heard_back(wire, said) != said


@pytest.mark.parametrize("weather", [Weather(up=False), Weather(down=False)])
def test_what_a_silent_wire_holds_back_comes_when_it_speaks_again(wire: Wire, weather: Weather) -> None:
    wire.be(weather)
    with socket.create_connection(("127.0.0.1", wire.port), timeout=0.5) as end:
        end.sendall(b"hello")
        with pytest.raises(TimeoutError):
            end.recv(5)
        wire.be(FAIR)
        end.settimeout(30)
        assert end.recv(5) == b"hello"


@pytest.mark.timeout(400)
def test_a_short_run_comes_to_its_end_and_every_book_agrees(tmp_path: Path) -> None:
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "tests.chaos", "--stores", "1", "--rounds", "2", "--seed", "1"),
            *("--faults", "till-hub broken mid-body,hub-HQ flapping", "--no-disks", "--out", str(tmp_path)),
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-2000:]
    assert "2 faults of 2 kinds in" in (tmp_path / "report.txt").read_text()
