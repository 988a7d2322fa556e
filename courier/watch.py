"""The link watched: pings when it is silent, pokes when it speaks, one report for the sync light."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from courier import link
from courier.link import LinkHealth, LinkPolicy, LinkState
from courier.outage import Outage, Rejected
from courier.pacing import Dice, Pacing, wait_seconds
from courier.remote import Remote

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]

REPORT_SECONDS = 1.0
"""How often a report goes out when only the moment of the last answer has changed."""


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What a sync light needs: the state and since when, when anything was last heard, how many facts wait,
    and the reason when sending facts (`trouble`) or following news (`news_trouble`) does not go as it
    should (see `courier.sender.SenderState`, `courier.follower.FollowerState`)."""

    state: LinkState
    since: datetime
    last_heard_at: datetime | None
    backlog: int = 0
    trouble: str | None = None
    news_trouble: str | None = None


class LinkWatch:
    """The health of one link, shared by the loops that use it; `on_state` is told every change."""

    def __init__(
        self, clock: Clock, on_state: Callable[[LinkReport], None], policy: LinkPolicy | None = None
    ) -> None:
        self._clock = clock
        self._on_state = on_state
        self.policy = policy or LinkPolicy()
        self._lock = threading.Lock()
        self._telling = threading.RLock()
        self._health = LinkHealth(since=clock())
        self._backlog = 0
        self._trouble: str | None = None
        self._news_trouble: str | None = None
        self._told = self.report
        self._told_at = clock()

    @property
    def report(self) -> LinkReport:
        """The link as it is now."""
        health = self._health
        return LinkReport(
            health.state,
            health.since,
            health.last_heard_at,
            self._backlog,
            self._trouble,
            self._news_trouble,
        )

    @property
    def ping_at(self) -> datetime | None:
        """When the next ping is due; None: at once."""
        return self._health.ping_at

    def heard(self) -> None:
        """The other side answered."""
        self._note(lambda health, now: link.heard(health, now, self.policy))

    def missed(self) -> None:
        """A ping was not answered."""
        self._note(lambda health, now: link.missed(health, now, self.policy))

    def doubted(self) -> None:
        """Something else did not get through."""
        self._note(lambda health, now: link.doubted(health, now, self.policy))

    def queue(self, backlog: int, trouble: str | None) -> None:
        """How many facts wait, and what is wrong with sending them."""
        self._backlog, self._trouble = backlog, trouble
        self._tell()

    def news(self, trouble: str | None) -> None:
        """What is wrong with following news."""
        self._news_trouble = trouble
        self._tell()

    def _note(self, change: Callable[[LinkHealth, datetime], LinkHealth]) -> None:
        with self._lock:
            before = self._health.state
            self._health = change(self._health, self._clock())
            state = self._health.state
        if state is not before:
            log.info("link changed", state=state.value, before=before.value)
        self._tell()

    def _tell(self) -> None:
        # Held while the listener is told, so that it never hears an older report after a newer one.
        with self._telling:
            now, report = self._clock(), self.report
            only_heard = replace(report, last_heard_at=self._told.last_heard_at) == self._told
            lately = now - self._told_at < timedelta(seconds=REPORT_SECONDS)
            if report == self._told or (only_heard and lately):
                return
            self._told, self._told_at = report, now
            self._on_state(report)


class Bell:
    """A wait that can be ended: by new work (`wake`) or for good reason (`try_now`)."""

    def __init__(self) -> None:
        self._rung = threading.Event()
        self._at_once = False

    def ring(self, at_once: bool) -> None:
        """End the wait under way, or the next one."""
        self._at_once = self._at_once or at_once
        self._rung.set()

    def wait(self, seconds: float) -> bool | None:
        """None: time is up; else whether the call was to try at once."""
        if not self._rung.wait(max(0.0, seconds)):
            return None
        self._rung.clear()
        at_once, self._at_once = self._at_once, False
        return at_once


class PokeLoop:
    """Listens to the other side's pokes and passes each on; connects again when the stream ends."""

    def __init__(
        self,
        *,
        client: Remote,
        dice: Dice,
        link: LinkWatch,
        on_poke: Callable[[str], None],
        pacing: Pacing | None = None,
    ) -> None:
        self._client = client
        self._dice = dice
        self._link = link
        self._on_poke = on_poke
        self._pacing = pacing or Pacing(longest_seconds=60.0)
        self._bell = Bell()

    def wake(self) -> None:
        """Hang up and connect again (or end, when stopping)."""
        self._bell.ring(at_once=True)
        self._client.hang_up()

    def try_now(self) -> None:
        """Connect at once if it is not connected."""
        self._bell.ring(at_once=True)

    def run(self, stop: threading.Event) -> None:
        """Listen until `stop` is set and `wake` was called."""
        failures = 0
        while not stop.is_set():
            try:
                for name in self._client.pokes():
                    failures = 0
                    self._link.heard()
                    self._on_poke(name)
                    if stop.is_set():
                        return
            except (Outage, Rejected) as lost:
                log.info("pokes not heard", reason=str(lost))
            except Exception:
                log.exception("poke listener stumbled")
            failures += 1
            if not stop.is_set():
                self._bell.wait(wait_seconds(failures, self._dice, self._pacing))


class PingLoop:
    """Pings when nothing was heard for `ping_seconds`, and tells the link what came of it."""

    def __init__(self, *, client: Remote, clock: Clock, link: LinkWatch) -> None:
        self._client = client
        self._clock = clock
        self._link = link
        self._bell = Bell()

    def wake(self) -> None:
        """Look at the clock again."""
        self._bell.ring(at_once=True)

    try_now = wake

    def run(self, stop: threading.Event) -> None:
        """Ping until `stop` is set and `wake` was called."""
        while not stop.is_set():
            due = self._link.ping_at
            seconds = (due - self._clock()).total_seconds() if due is not None else 0.0
            if seconds > 0:
                self._bell.wait(min(seconds, self._link.policy.ping_seconds))
                continue
            try:
                self._client.ping()
            except (Outage, Rejected):
                self._link.missed()
            except Exception:
                log.exception("ping stumbled")
                self._link.missed()
            else:
                self._link.heard()
