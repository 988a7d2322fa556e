"""The business day: the store's own, over its day cut and over every change of clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retail.calendar import NaiveMoment, StoreCalendar, UnknownTimezone

VIETNAM = StoreCalendar()
# Clocks that change at two, at midnight, by half an hour, and over the date line.
ZONES = [
    "Asia/Ho_Chi_Minh",
    "Asia/Taipei",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "UTC",
]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # year, month, day and so on


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (utc(2026, 10, 31, 16, 59, 59), date(2026, 10, 31)),
        (utc(2026, 10, 31, 17, 0), date(2026, 11, 1)),
        (utc(2026, 11, 1, 16, 59, 59, 999_999), date(2026, 11, 1)),
        (datetime(2026, 11, 1, 0, 0, tzinfo=timezone(timedelta(hours=7))), date(2026, 11, 1)),
        (datetime(2026, 10, 31, 13, 0, tzinfo=timezone(timedelta(hours=-4))), date(2026, 11, 1)),
    ],
)
def test_a_moment_is_booked_on_the_store_s_day_whatever_zone_it_is_written_in(
    at: datetime, day: date
) -> None:
    assert VIETNAM.business_date(at) == day


@pytest.mark.parametrize(
    ("hour", "minute", "day"), [(0, 0, 31), (3, 59, 31), (4, 0, 1), (12, 0, 1), (23, 59, 1)]
)
def test_a_store_open_past_midnight_begins_its_day_at_the_cut(hour: int, minute: int, day: int) -> None:
    night = StoreCalendar(day_cut=time(4, 0))
    at = datetime(2026, 11, 1, hour, minute, tzinfo=timezone(timedelta(hours=7)))
    assert night.business_date(at) == date(2026, 11 if day == 1 else 10, day)


def test_a_cut_that_the_clock_shows_twice_begins_the_day_once() -> None:
    # London, 25 October 2026: 02:00 becomes 01:00 again.
    store = StoreCalendar("Europe/London", time(1, 30))
    assert store.business_date(utc(2026, 10, 25, 0, 29)) == date(2026, 10, 24)
    assert store.business_date(utc(2026, 10, 25, 0, 30)) == date(2026, 10, 25)
    assert store.business_date(utc(2026, 10, 25, 1, 10)) == date(2026, 10, 25)  # 01:10 for the second time


def test_a_cut_that_the_clock_leaps_over_begins_the_day_all_the_same() -> None:
    # New York, 8 March 2026: 02:00 becomes 03:00.
    store = StoreCalendar("America/New_York", time(2, 30))
    assert store.business_date(utc(2026, 3, 8, 6, 59)) == date(2026, 3, 7)
    assert store.business_date(utc(2026, 3, 8, 8, 0)) == date(2026, 3, 8)


def test_a_day_that_a_zone_left_out_is_nobody_s_business_day() -> None:
    # Apia had no 30 December 2011.
    store = StoreCalendar("Pacific/Apia")
    assert store.business_date(utc(2011, 12, 30, 9, 59)) == date(2011, 12, 29)
    assert store.business_date(utc(2011, 12, 30, 10, 0)) == date(2011, 12, 31)


moments = st.integers(0, 30 * 366 * 86_400).map(lambda seconds: utc(2005, 1, 1) + timedelta(seconds=seconds))
cuts = st.times().map(lambda cut: cut.replace(microsecond=0, fold=0))


@given(moments, st.sampled_from(ZONES), cuts, st.integers(0, 3 * 86_400))
@example(utc(2010, 11, 7, 2, 30), "America/St_Johns", time(0, 0), 3600)
def test_business_days_never_go_back(at: datetime, zone: str, cut: time, seconds: int) -> None:
    store = StoreCalendar(zone, cut)
    assert store.business_date(at) <= store.business_date(at + timedelta(seconds=seconds))


@given(moments, st.sampled_from(ZONES), cuts)
def test_a_business_day_is_the_date_on_the_wall_or_the_one_before(at: datetime, zone: str, cut: time) -> None:
    store = StoreCalendar(zone, cut)
    wall = store.local(at).date()
    # The third is a date that the clock went back behind, minutes after it had begun.
    assert store.business_date(at) in (wall, wall - timedelta(days=1), wall + timedelta(days=1))


@given(moments, cuts)
def test_without_changing_clocks_the_wall_clock_decides(at: datetime, cut: time) -> None:
    store = StoreCalendar(day_cut=cut)
    local = store.local(at)
    assert store.business_date(at) == local.date() - timedelta(days=local.time() < cut)


def test_a_moment_without_an_offset_has_no_day() -> None:
    with pytest.raises(NaiveMoment):
        VIETNAM.business_date(datetime(2026, 11, 1))  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize("name", ["Mars/Base", "", "../etc/passwd", "Asia", "\x00"])
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UnknownTimezone) as caught:
        StoreCalendar(name).business_date(utc(2026, 11, 1))
    assert caught.value.detail == {"timezone": name}
