"""Clocks compared: half the round trip is the way back, and the quickest measurement counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from courier.skew import SAMPLES, SkewMeter, may_forget

START = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)


def measure(meter: SkewMeter, ahead: float, there: float, back: float) -> None:
    """One question at START to a clock that is so far ahead, over a line this slow either way."""
    said = START + timedelta(seconds=there + ahead)
    meter.note(START, said.isoformat(), START + timedelta(seconds=there + back))


def test_nothing_is_known_before_the_first_answer() -> None:
    assert SkewMeter().seconds is None


def test_an_even_way_is_measured_exactly() -> None:
    meter = SkewMeter()
    measure(meter, ahead=90.0, there=0.4, back=0.4)
    assert meter.seconds == 90.0
    measure(meter, ahead=-3600.0, there=0.1, back=0.1)
    assert meter.seconds == -3600.0


def test_the_quickest_of_the_latest_answers_counts() -> None:
    meter = SkewMeter()
    measure(meter, ahead=5.0, there=0.01, back=0.01)
    for _ in range(SAMPLES - 1):
        measure(meter, ahead=5.0, there=3.0, back=0.0)
    assert meter.seconds == 5.0
    measure(meter, ahead=5.0, there=3.0, back=0.0)
    assert meter.seconds == 6.5


def test_nonsense_and_a_clock_that_was_put_back_meanwhile_are_left_out() -> None:
    meter = SkewMeter()
    meter.note(START, "soon", START)
    meter.note(START, "2026-11-01T08:00:00", START)
    meter.note(START, START.isoformat(), START - timedelta(seconds=1))
    assert meter.seconds is None


def test_facts_are_forgotten_by_a_clock_that_was_compared_and_is_about_right() -> None:
    assert [may_forget(skew) for skew in (0.0, -12.5, 3_599.0)] == [True, True, True]
    assert [may_forget(skew) for skew in (None, 3_600.0, -86_400.0)] == [False, False, False]
