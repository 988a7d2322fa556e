"""The link watched: pings when it is silent, pokes when it speaks, one report for the sync light."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from courier import link
from courier.link import LinkHealth, LinkPolicy, LinkState
from courier.outage import Outage, Rejected
from courier.pacing import Dice, Pacing, still_waits, wait_seconds
from courier.remote import Remote
from courier.stepping import SteppingLoop

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]

REPORT_SECONDS = 1.0
"""How often a report goes out when only the moment of the last answer has changed."""


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What a sync light needs: the state and since when, when anything was last heard, how many facts wait,
    and the reason when sending facts (`trouble`) or following news (`news_trouble`) does not go as it
    should (see `courier.sender.SenderState`, `courier.follower.FollowerState`), and how far the other side's
    clock is ahead of ours, where that was measured."""

    state: LinkState
    since: datetime
    last_heard_at: datetime | None
    backlog: int = 0
    trouble: str | None = None
    news_trouble: str | None = None
    skew_seconds: float | None = None


class LinkWatch:
    """The health of one link, shared by the loops that use it; `on_state` is told every change."""

    def __init__(
        self,
        clock: Clock,
        on_state: Callable[[LinkReport], None],
        policy: LinkPolicy | None = None,
        skew: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._skew = skew
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
            self._skew(),
        )

    @property
    def ping_at(self) -> datetime | None:
        """When the next ping is due; None: at once."""
        return self._health.ping_at

    @property
    def flaps(self) -> bool:
        """Whether the link changes too often for its coming back to mean anything."""
        return link.flaps(self._health, self._clock(), self.policy)

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
            told = self._told
            unmoved = replace(report, last_heard_at=told.last_heard_at, skew_seconds=told.skew_seconds)
            only_heard = unmoved == told
            lately = timedelta(0) <= now - self._told_at < timedelta(seconds=REPORT_SECONDS)
            if report == self._told or (only_heard and lately):
                return
            self._told, self._told_at = report, now
            self._on_state(report)


class PokeLoop(SteppingLoop):
    """Listens to the other side's pokes and passes each on; connects again when the stream ends.

    A step waits for the next poke, so this loop needs a thread; who has none calls `on_poke` itself.
    """

    def __init__(
        self,
        *,
        client: Remote,
        dice: Dice,
        link: LinkWatch,
        on_poke: Callable[[str], None],
        pacing: Pacing | None = None,
    ) -> None:
        super().__init__()
        self._client = client
        self._dice = dice
        self._link = link
        self._on_poke = on_poke
        self._pacing = pacing or Pacing(longest_seconds=60.0)
        self._stream: Iterator[str] | None = None
        self._failures = 0

    def wake(self) -> None:
        """Hang up and connect again (or end, when stopping)."""
        super().wake()
        self._client.hang_up()

    def step(self) -> float:
        """Pass the next poke on, or note that the stream has ended."""
        self._bell.answered()
        try:
            if self._stream is None:
                self._stream = iter(self._client.pokes())
            name = next(self._stream, None)
            if name is not None:
                self._failures = 0
                self._link.heard()
                self._on_poke(name)
                return 0.0
        except (Outage, Rejected) as lost:
            log.info("pokes not heard", reason=str(lost))
        except Exception:
            log.exception("poke listener stumbled")
        self._stream = None
        self._failures += 1
        return wait_seconds(self._failures, self._dice, self._pacing)

    def run(self, stop: threading.Event) -> None:
        """Listen until `stop` is set and `wake` was called."""
        super().run(stop)
        self._stream = None  # which closes its connection


class PingLoop(SteppingLoop):
    """Pings when nothing was heard for `ping_seconds`, and tells the link what came of it."""

    def __init__(self, *, client: Remote, clock: Clock, link: LinkWatch) -> None:
        super().__init__()
        self._client = client
        self._clock = clock
        self._link = link

    def step(self) -> float:
        """Ping when it is due."""
        self._bell.answered()
        due, now, policy = self._link.ping_at, self._clock(), self._link.policy
        if due is not None and still_waits(now, due, max(policy.ping_seconds, policy.ping_seconds_max)):
            return min((due - now).total_seconds(), policy.ping_seconds)
        try:
            self._client.ping()
        except (Outage, Rejected):
            self._link.missed()
        except Exception:
            log.exception("ping stumbled")
            self._link.missed()
        else:
            self._link.heard()
        return 0.0
