"""What the till's light says of the world: the worst first, and nothing when all is well."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from courier.link import LinkState
from terminal.outlook import Weight, prices_as_of, signs_of, silence
from terminal.sync_state import TILL_REPLACED, TILL_SET_BACK, SyncState
from terminal.till_status import HeadOfficeStatus, PrinterStatus, TillStatus, is_newer

NOW = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
AGO = timedelta(minutes=20)
WELL = TillStatus(
    HeadOfficeStatus("online", NOW - AGO, NOW), PrinterStatus("well", drawer_open=False), "0.1.0", NOW
)
FINE = SyncState(
    LinkState.ONLINE, NOW - AGO, NOW, news_version=7, news_at=NOW - AGO, status=WELL, block_hours=24
)


def without_head_office(quiet: timedelta) -> SyncState:
    hq = HeadOfficeStatus("offline", NOW - quiet, NOW - quiet, 31, NOW - quiet)
    return replace(FINE, status=replace(WELL, hq=hq))


def with_printer(printer: PrinterStatus | None) -> SyncState:
    return replace(FINE, status=replace(WELL, printer=printer))


def codes(sync: SyncState) -> list[str]:
    return [sign.code for sign in signs_of(sync, NOW)]


@pytest.mark.parametrize(
    "sync",
    [
        FINE,
        replace(FINE, unsent=3),
        replace(FINE, status=None),
        replace(FINE, status=replace(WELL, hq=HeadOfficeStatus("none"))),
        with_printer(None),
        with_printer(PrinterStatus("silent")),
    ],
    ids=["all well", "sales on their way", "hub not asked yet", "no head office", "no printer", "silent"],
)
def test_when_nothing_is_wrong_nothing_is_said(sync: SyncState) -> None:
    assert codes(sync) == []


@pytest.mark.parametrize("trouble", ["not-applied", "database", "rejected", "version-behind"])
def test_news_that_cannot_be_taken_is_told_while_the_hub_is_there(trouble: str) -> None:
    stuck = replace(FINE, news_trouble=trouble)
    (sign,) = signs_of(stuck, NOW)
    assert (sign.code, sign.weight) == ("news-stuck", Weight.WARN)
    assert codes(replace(stuck, link=LinkState.OFFLINE)) == ["hub-away"]
    assert codes(replace(FINE, news_trouble="timeout")) == []


def test_sales_on_one_disk_weigh_more_than_the_hub_that_is_away() -> None:
    away = replace(FINE, link=LinkState.OFFLINE, unsent=12)
    first, second = signs_of(away, NOW)
    assert (first.code, first.weight, first.figures) == ("one-copy", Weight.BAD, {"count": 12})
    assert (second.code, second.figures) == ("hub-away", {"moment": NOW - AGO})
    assert codes(replace(away, unsent=0)) == ["hub-away"]


def test_sales_that_the_hub_does_not_take_are_told_although_it_is_there() -> None:
    (sign,) = signs_of(replace(FINE, unsent=4, trouble="server-error"), NOW)
    assert (sign.code, sign.weight) == ("one-copy", Weight.WARN)
    assert codes(replace(FINE, unsent=4, trouble=TILL_REPLACED)) == ["replaced"]


def test_a_till_that_was_started_from_an_old_disk_says_so() -> None:
    (sign,) = signs_of(replace(FINE, unsent=1, trouble=TILL_SET_BACK), NOW)
    assert (sign.code, sign.weight) == ("set-back", Weight.BAD)


@pytest.mark.parametrize(
    ("quiet", "code", "weight"),
    [
        (timedelta(minutes=5), "hq-away", Weight.WARN),
        (timedelta(hours=2) - timedelta(seconds=1), "hq-away", Weight.WARN),
        (timedelta(hours=2), "hq-long", Weight.WARN),
        (timedelta(hours=24) - timedelta(seconds=1), "hq-long", Weight.WARN),
        (timedelta(hours=24), "hq-block", Weight.BAD),
        (timedelta(days=9), "hq-block", Weight.BAD),
    ],
)
def test_head_office_away_is_told_then_warned_of_at_2_h_and_at_24_h_a_manager_is_asked(
    quiet: timedelta, code: str, weight: Weight
) -> None:
    (sign,) = signs_of(without_head_office(quiet), NOW)
    assert (sign.code, sign.weight) == (code, weight)


def test_a_chain_may_move_the_24_hours_or_do_without() -> None:
    day = without_head_office(timedelta(days=1))
    assert codes(replace(day, block_hours=48)) == ["hq-long"]
    assert codes(replace(day, block_hours=0)) == ["hq-long"]


def test_while_the_hub_is_away_too_the_silence_of_head_office_goes_on_being_counted() -> None:
    both = replace(without_head_office(timedelta(hours=3)), link=LinkState.OFFLINE)
    assert codes(both) == ["hub-away", "hq-long"]


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("paper-out", "printer-paper-out"),
        ("cover-open", "printer-cover-open"),
        ("unreachable", "printer-away"),
        ("offline", "printer-away"),
        ("stuck", "printer-away"),
        ("cut-off", "printer-away"),
    ],
)
def test_a_printer_in_trouble_is_told_with_the_receipts_that_wait(state: str, code: str) -> None:
    (sign,) = signs_of(with_printer(PrinterStatus(state, waiting=2)), NOW)
    assert (sign.code, sign.weight, sign.figures) == (code, Weight.WARN, {"count": 2})


def test_an_open_drawer_little_paper_and_an_update_are_worth_a_word_and_no_alarm() -> None:
    noted = replace(with_printer(PrinterStatus("well", paper_low=True, drawer_open=True)), update="0.2.0")
    assert {(sign.code, sign.weight) for sign in signs_of(noted, NOW)} == {
        ("paper-low", Weight.NOTE),
        ("drawer-open", Weight.NOTE),
        ("update", Weight.NOTE),
    }


def test_prices_are_as_new_as_the_last_word_of_head_office() -> None:
    assert prices_as_of(FINE) == NOW
    quiet = timedelta(hours=3)
    away = replace(without_head_office(quiet), news_at=NOW - timedelta(days=1))
    assert prices_as_of(away) == NOW - quiet
    assert prices_as_of(replace(FINE, status=None)) == NOW
    assert prices_as_of(replace(FINE, news_version=0)) is None


def test_silence_is_counted_from_the_last_word_and_never_below_nothing() -> None:
    assert silence(None, NOW) is None
    assert silence(replace(WELL, hq=HeadOfficeStatus("none")), NOW) is None
    assert silence(replace(WELL, hq=HeadOfficeStatus("online", NOW, NOW + AGO)), NOW) == timedelta(0)
    never = HeadOfficeStatus("doubtful", NOW - AGO)
    assert silence(replace(WELL, hq=never), NOW) == AGO


def test_what_the_hub_told_is_read_back_as_it_was() -> None:
    assert TillStatus.from_body(WELL.to_body(), NOW) == WELL
    bare = replace(WELL, printer=None)
    assert TillStatus.from_body(bare.to_body(), NOW) == bare


@pytest.mark.parametrize(
    ("version", "than", "newer"),
    [("0.2.0", "0.1.9", True), ("0.10.0", "0.9.0", True), ("0.1.0", "0.1.0", False), ("dev", "0.1.0", False)],
)
def test_versions_are_compared_by_their_numbers(version: str, than: str, newer: bool) -> None:
    assert is_newer(version, than) is newer
