"""Waiting: 1 s, 2 s, 4 s … 300 s, and never all at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courier.pacing import Pacing, still_waits, wait_seconds


def nearly_one() -> float:
    return 1 - 2**-53


@pytest.mark.parametrize(
    ("failures", "longest"),
    [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 64), (8, 128), (9, 256), (10, 300), (11, 300)],
)
def test_the_wait_doubles_from_one_second_to_five_minutes(failures: int, longest: float) -> None:
    assert wait_seconds(failures, nearly_one, Pacing()) == pytest.approx(longest)
    assert wait_seconds(failures, lambda: 0.0, Pacing()) == pytest.approx(longest / 2)


def test_after_a_success_there_is_no_wait() -> None:
    assert wait_seconds(0, nearly_one, Pacing()) == 0


@given(st.integers(1, 10**9), st.floats(0, 1, exclude_max=True))
def test_however_often_it_failed_the_wait_stays_in_its_bounds(failures: int, roll: float) -> None:
    assert 0.5 <= wait_seconds(failures, lambda: roll, Pacing()) <= 300


def test_the_bounds_are_settings() -> None:
    pacing = Pacing(first_seconds=0.25, longest_seconds=2)
    waits = [wait_seconds(failures, nearly_one, pacing) for failures in range(1, 6)]
    assert waits == pytest.approx([0.25, 0.5, 1, 2, 2])


def test_a_wait_is_over_at_its_end_and_when_the_clock_was_put_back() -> None:
    now, end = datetime(2026, 11, 1, 8, 0, tzinfo=UTC), datetime(2026, 11, 1, 8, 5, tzinfo=UTC)
    assert still_waits(now, end, longest_seconds=300)
    assert not still_waits(end, end, longest_seconds=300)
    assert not still_waits(now - timedelta(seconds=1), end, longest_seconds=300)
    assert not still_waits(now, None, longest_seconds=300)
