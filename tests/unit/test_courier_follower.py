"""The follower's decisions: gather pages, apply them as one, ask again when poked."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courier.follower import (
    Applied,
    Apply,
    Event,
    Failed,
    Fetch,
    FollowerPolicy,
    FollowerState,
    PageCame,
    TryNow,
    Wait,
    after,
    next_step,
)
from courier.news import Lost, News, NewsPage, merged

START = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
POLICY = FollowerPolicy()


def longest() -> float:
    return 1.0


def news(version: int, key: str = "a") -> News:
    return News(version, "product", key, {"version": version})


def page(version: int, *items: News, more: bool = False) -> NewsPage:
    return NewsPage(version, list(items), more)


def state_after(*events: Event, version: int = 0) -> FollowerState:
    state = FollowerState(version)
    for event in events:
        state = after(state, START, event, POLICY, longest)
    return state


def step_of(state: FollowerState, now: datetime = START) -> object:
    return next_step(state, now)


def test_it_asks_for_what_came_after_the_version_it_has() -> None:
    assert step_of(FollowerState(17)) == Fetch(17)


def test_a_page_is_applied_and_then_it_asks_once_more() -> None:
    came = state_after(PageCame(page(2, news(1, "a"), news(2, "b"))))
    assert step_of(came) == Apply(page(2, news(1, "a"), news(2, "b")))
    applied = after(came, START, Applied(2), POLICY, longest)
    assert step_of(applied) == Fetch(2)


def test_pages_are_gathered_and_applied_as_one() -> None:
    first = state_after(PageCame(page(2, news(1, "a"), news(2, "b"), more=True)))
    assert step_of(first) == Fetch(2)
    both = after(first, START, PageCame(page(5, news(4, "a"), news(5, "c"))), POLICY, longest)
    assert step_of(both) == Apply(page(5, news(2, "b"), news(4, "a"), news(5, "c")))


def test_pages_gathered_before_an_outage_are_not_fetched_again() -> None:
    state = state_after(PageCame(page(2, news(2), more=True)), Failed("timeout"))
    step = step_of(state)
    assert isinstance(step, Wait)
    assert step_of(state, step.until) == Fetch(2)


def test_news_that_could_not_be_applied_is_asked_for_anew() -> None:
    state = state_after(
        PageCame(page(2, news(2), more=True)), PageCame(page(3, news(3, "b"))), Failed("not-applied")
    )
    assert state.trouble == "not-applied"
    assert step_of(state, START + timedelta(seconds=1)) == Fetch(0)
    mended = after(state, START, PageCame(page(4, news(4), news(3, "b"))), POLICY, longest)
    assert step_of(mended) == Apply(page(4, news(3, "b"), news(4)))
    assert after(mended, START, Applied(4), POLICY, longest) == FollowerState(4)


def test_news_that_can_never_be_applied_is_asked_for_more_and_more_seldom_and_stays_a_trouble() -> None:
    state, waits = FollowerState(0), list[float]()
    for _ in range(11):
        state = after(state, START, PageCame(page(2, news(2))), POLICY, longest)
        assert state.trouble == (None if not waits else "not-applied")
        state = after(state, START, Failed("not-applied"), POLICY, longest)
        step = step_of(state)
        assert isinstance(step, Wait)
        waits.append((step.until - START).total_seconds())
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    gone = after(state, START, PageCame(page(0)), POLICY, longest)
    assert (gone.failures, gone.trouble, gone.unapplied) == (0, None, 0)


def test_everything_there_is_is_asked_for_anew_when_it_could_not_be_applied() -> None:
    told = NewsPage(99, [], more=True, start_over=True)
    state = state_after(
        PageCame(told), PageCame(page(99, news(2, "a"), news(99, "b"))), Failed("not-applied"), version=7
    )
    assert step_of(state, START + timedelta(seconds=1)) == Fetch(0)
    again = after(state, START, PageCame(page(100, news(100, "b"))), POLICY, longest)
    assert step_of(again) == Apply(NewsPage(100, [news(100, "b")], whole=True))


def test_a_version_without_news_for_this_store_still_moves_it_on() -> None:
    assert step_of(state_after(PageCame(page(9)))) == Apply(page(9))


def test_without_news_it_waits_a_quarter_of_an_hour_or_for_a_poke() -> None:
    idle = state_after(PageCame(page(7)), version=7)
    assert step_of(idle) == Wait(START + timedelta(minutes=15))
    assert step_of(after(idle, START, TryNow(), POLICY, longest)) == Fetch(7)


def test_an_outage_is_waited_out_longer_each_time() -> None:
    state = FollowerState(7)
    waits = []
    for _ in range(11):
        state = after(state, START, Failed("refused"), POLICY, longest)
        step = step_of(state)
        assert isinstance(step, Wait)
        waits.append((step.until - START).total_seconds())
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    answered = after(state, START, PageCame(page(7)), POLICY, longest)
    assert (answered.failures, answered.trouble) == (0, None)


@pytest.mark.parametrize("behind", [page(6), page(6, news(6)), page(7, more=True)], ids=str)
def test_a_line_of_versions_behind_ours_is_not_applied_and_not_hammered(behind: NewsPage) -> None:
    state = state_after(PageCame(behind), version=7)
    assert step_of(state) == Wait(START + timedelta(seconds=1))
    assert state.trouble == "version-behind"
    assert step_of(state, START + timedelta(seconds=1)) == Fetch(7)


def test_a_version_that_was_lost_is_given_up_and_everything_gathered_from_the_beginning() -> None:
    told = NewsPage(99, [], more=True, start_over=True, lost=(Lost(5, 98),))
    state = state_after(PageCame(told), version=7)
    assert step_of(state) == Fetch(0)
    first = after(state, START, PageCame(page(2, news(2, "a"), more=True)), POLICY, longest)
    assert step_of(first) == Fetch(2)
    both = after(first, START, PageCame(page(99, news(99, "b"))), POLICY, longest)
    assert step_of(both) == Apply(NewsPage(99, [news(2, "a"), news(99, "b")], whole=True))
    assert after(both, START, Applied(99), POLICY, longest) == FollowerState(99)


def test_an_outage_while_starting_over_keeps_what_was_gathered() -> None:
    told = NewsPage(99, [], more=True, start_over=True)
    state = state_after(PageCame(told), PageCame(page(2, news(2), more=True)), Failed("timeout"), version=7)
    step = step_of(state)
    assert isinstance(step, Wait)
    assert step_of(state, step.until) == Fetch(2)


def test_being_told_to_start_over_from_the_very_beginning_is_not_hammered() -> None:
    told = NewsPage(99, [], more=True, start_over=True)
    state = state_after(PageCame(told), PageCame(told), version=7)
    assert step_of(state) == Wait(START + timedelta(seconds=1))


def test_merging_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no page"):
        merged([])


@given(st.integers(0, 2**32))
def test_whatever_happens_on_the_way_it_ends_with_the_newest_of_everything(seed: int) -> None:
    dice = random.Random(seed)
    feed: dict[str, News] = {}
    head = 0
    held: dict[str, News] = {}
    state, now = FollowerState(0), START

    def asked(after_version: int) -> NewsPage:
        rows = sorted((n for n in feed.values() if n.version > after_version), key=lambda n: n.version)
        cut = rows[:3]
        return NewsPage(head, rows) if len(rows) <= 3 else NewsPage(cut[-1].version, cut, more=True)

    def turn(faults: bool) -> None:
        nonlocal head, state, now
        if faults and dice.random() < 0.3:
            head += 1
            key = dice.choice("abcdefgh")
            feed[key] = news(head, key)
            state = after(state, now, TryNow(), POLICY, dice.random)
        if faults and dice.random() < 0.03:
            state = FollowerState(max((n.version for n in held.values()), default=0))
        step = next_step(state, now)
        event: Event | None = None
        match step:
            case Wait(until):
                now = until
            case Fetch(version):
                event = Failed("timeout") if faults and dice.random() < 0.3 else PageCame(asked(version))
            case Apply(found):
                if faults and dice.random() < 0.2:
                    event = Failed("database")
                else:
                    held.update((n.key, n) for n in found.news)
                    event = Applied(found.current_version)
        if event is not None:
            state = after(state, now, event, POLICY, dice.random)

    for _ in range(200):
        turn(faults=True)
    for _ in range(40):
        turn(faults=False)
    assert held == feed
    assert state.version == head


@pytest.mark.parametrize(
    "body",
    [
        {"version": 3, "kind": "price", "key": "p", "body": {"amount": 5}, "deleted": False},
        {"version": 4, "kind": "price", "key": "p", "body": {}, "deleted": True},
    ],
)
def test_news_reads_back_what_it_wrote(body: dict[str, Any]) -> None:
    assert News.from_body(body).to_body() == body
    whole = {"current_version": 9, "news": [body], "more": True}
    assert NewsPage.from_body(whole).to_body() == whole
    over = whole | {"start_over": True, "lost": [[4, 8]]}
    assert NewsPage.from_body(over).to_body() == over
