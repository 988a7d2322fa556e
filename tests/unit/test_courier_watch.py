"""The link watched: what the sync light is told, and how often; the loops with a remote made of words."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from courier.beginning import Beginning
from courier.link import LinkPolicy, LinkState
from courier.news import NewsPage
from courier.outage import Outage, Rejected
from courier.pacing import Pacing
from courier.verdict import Verdict
from courier.watch import LinkReport, LinkWatch, PingLoop, PokeLoop

START = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reports() -> list[LinkReport]:
    return []


@pytest.fixture
def watch(clock: Clock, reports: list[LinkReport]) -> LinkWatch:
    return LinkWatch(clock, reports.append)


def test_a_clock_that_is_put_back_does_not_hold_reports_back(
    watch: LinkWatch, clock: Clock, reports: list[LinkReport]
) -> None:
    watch.heard()
    clock.forward(-3_600)
    watch.heard()

    assert reports[-1].last_heard_at == clock.now


def test_a_link_is_reported_when_its_state_changes(
    watch: LinkWatch, clock: Clock, reports: list[LinkReport]
) -> None:
    clock.forward(1)
    watch.heard()
    for _ in range(3):
        clock.forward(10)
        watch.missed()

    assert [(report.state, report.last_heard_at) for report in reports] == [
        (LinkState.ONLINE, START + timedelta(seconds=1)),
        (LinkState.DOUBTFUL, START + timedelta(seconds=1)),
        (LinkState.OFFLINE, START + timedelta(seconds=1)),
    ]
    assert reports[-1].since == START + timedelta(seconds=31)


def test_a_rush_of_answers_is_one_report_a_second(
    watch: LinkWatch, clock: Clock, reports: list[LinkReport]
) -> None:
    for _ in range(500):
        clock.forward(0.01)
        watch.heard()

    assert 5 <= len(reports) <= 6
    assert watch.report.last_heard_at == clock.now


def test_the_queue_and_its_trouble_are_reported_at_once(
    watch: LinkWatch, clock: Clock, reports: list[LinkReport]
) -> None:
    watch.queue(3, None)
    watch.queue(3, None)
    watch.queue(4, "refused")
    watch.queue(0, None)
    assert [(report.backlog, report.trouble) for report in reports] == [(3, None), (4, "refused"), (0, None)]


def test_trouble_with_news_is_reported_beside_trouble_with_facts(
    watch: LinkWatch, reports: list[LinkReport]
) -> None:
    watch.news("version-behind")
    watch.queue(1, "refused")
    watch.news(None)
    assert [(report.trouble, report.news_trouble) for report in reports] == [
        (None, "version-behind"),
        ("refused", "version-behind"),
        ("refused", None),
    ]


class Remote:
    """The other side, made of what it shall answer."""

    def __init__(self) -> None:
        self.ping_answers: list[Exception | None] = []
        self.streams: list[list[str | Exception]] = []
        self.asked = threading.Event()
        self.done: Callable[[], None] = lambda: None

    def ping(self) -> None:
        """The next answer; at the end of them, call `done`."""
        answer = self.ping_answers.pop(0)
        if not self.ping_answers:
            self.done()
        if answer is not None:
            raise answer

    def begin(self, beginning: Beginning) -> int:
        """Nobody says it here."""
        raise AssertionError(beginning)

    def pokes(self) -> Iterator[str]:
        """The next stream."""
        stream = self.streams.pop(0)
        if not self.streams:
            self.done()
        for word in stream:
            if isinstance(word, Exception):
                raise word
            yield word

    def hang_up(self) -> None:
        """Nobody is on the line."""

    def post(self, from_position: int, texts: Sequence[str]) -> Verdict:
        """Not asked here."""
        raise AssertionError

    def cursor(self) -> int:
        """Not asked here."""
        raise AssertionError

    def news(self, after: int) -> NewsPage:
        """Not asked here."""
        raise AssertionError


def test_pings_tell_the_link_what_they_met(reports: list[LinkReport]) -> None:
    remote, stop = Remote(), threading.Event()
    watch = LinkWatch(lambda: datetime.now(UTC), reports.append, LinkPolicy(ping_seconds=0.001))
    remote.ping_answers = [None, Outage("refused"), Rejected(401, "no"), Outage("timeout"), None]
    remote.done = stop.set

    PingLoop(client=remote, clock=lambda: datetime.now(UTC), link=watch).run(stop)

    states = [report.state for report in reports]
    assert list(dict.fromkeys(states)) == [LinkState.ONLINE, LinkState.DOUBTFUL, LinkState.OFFLINE]
    assert watch.report.state is LinkState.ONLINE


@pytest.mark.allow_log("ping stumbled")
def test_a_bug_in_a_ping_is_a_miss_and_not_the_end_of_pinging() -> None:
    remote, stop = Remote(), threading.Event()
    watch = LinkWatch(lambda: datetime.now(UTC), lambda _: None, LinkPolicy(ping_seconds=0.001))
    remote.ping_answers = [ZeroDivisionError(), None]
    remote.done = stop.set

    PingLoop(client=remote, clock=lambda: datetime.now(UTC), link=watch).run(stop)

    assert watch.report.state is LinkState.ONLINE


def test_silence_is_pinged_and_a_link_that_speaks_is_not(watch: LinkWatch, clock: Clock) -> None:
    assert watch.ping_at is None
    watch.heard()
    clock.forward(9)
    watch.heard()
    assert watch.ping_at == START + timedelta(seconds=19)


@pytest.mark.allow_log("poke listener stumbled")
def test_pokes_are_passed_on_and_a_lost_stream_is_opened_again() -> None:
    remote, stop, heard = Remote(), threading.Event(), list[str]()
    watch = LinkWatch(lambda: datetime.now(UTC), lambda _: None)
    remote.streams = [
        ["open", "news", Outage("broken")],
        [Outage("refused")],
        [Rejected(401, "token-expired")],
        [ZeroDivisionError()],
        ["open", "payments"],
    ]

    def on_poke(name: str) -> None:
        heard.append(name)
        if name == "payments":
            stop.set()

    PokeLoop(client=remote, dice=lambda: 0.0, link=watch, on_poke=on_poke, pacing=Pacing(0.001, 0.001)).run(
        stop
    )

    assert heard == ["open", "news", "open", "payments"]
    assert watch.report.state is LinkState.ONLINE
