"""Metrics for Prometheus, under the names of spec 11, and the middleware that measures requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from courier.decision import NOTICES
from retail.facts import READERS

SERVICE = "hq"
KNOWN_TYPES = frozenset(event_type for event_type, _ in (*READERS, *NOTICES))


class Metrics:
    """The figures of one instance."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._received = Counter(
            "events_received",
            "Events that came in, repeats included",
            ["store_id", "event_type"],
            registry=self.registry,
        )
        self._duplicates = Counter(
            "events_duplicate", "Events that were here already", ["store_id"], registry=self.registry
        )
        self._set_aside = Counter(
            "events_set_aside", "Events kept for a person to decide", ["store_id"], registry=self.registry
        )
        self.processing = Histogram(
            "events_processing_duration_seconds",
            "From the whole batch read to its commit",
            registry=self.registry,
        )
        self.requests = Histogram(
            "service_request_duration_seconds",
            "Time to answer",
            ["service", "endpoint", "method"],
            registry=self.registry,
        )
        self.errors = Counter(
            "service_errors",
            "Answers of 500 and above",
            ["service", "endpoint", "method"],
            registry=self.registry,
        )
        self._waiting = Gauge(
            "facts_set_aside", "Facts that wait for a person's decision", ["code"], registry=self.registry
        )
        self._breaks = Gauge(
            "chain_breaks", "Places where a chain does not hold", ["kind"], registry=self.registry
        )
        self._alerts = Gauge("alerts_open", "What somebody should look at", ["kind"], registry=self.registry)
        self.heard = Gauge(
            "store_last_fact_age_seconds",
            "Since a store's last batch of facts was taken",
            ["store_id"],
            registry=self.registry,
        )
        self.lag = Gauge(
            "projection_lag_events",
            "Positions in the ledger that the books do not have yet",
            registry=self.registry,
        )

        self.backup_age = Gauge(
            "backup_age_seconds",
            "Since the newest backup was made; -1: there is none",
            registry=self.registry,
        )

    def count_review(self, set_aside: dict[str, int], breaks: dict[str, int], alerts: dict[str, int]) -> None:
        """What waits for a decision by reason, open chain breaks and alerts by kind, at this moment."""
        for gauge, counts in (
            (self._waiting, set_aside),
            (self._breaks, breaks),
            (self._alerts, alerts),
        ):
            gauge.clear()
            for name, count in counts.items():
                gauge.labels(name).set(count)

    def count_batch(self, store_id: str, event_types: Iterable[str], duplicates: int, set_aside: int) -> None:
        """Count a batch: the type of every event in it, and what became of them."""
        counts: dict[str, int] = {}
        for event_type in event_types:
            # A label per name that somebody may send would have no end.
            name = event_type if event_type in KNOWN_TYPES else "other"
            counts[name] = counts.get(name, 0) + 1
        for name, count in counts.items():
            self._received.labels(store_id, name).inc(count)
        if duplicates:
            self._duplicates.labels(store_id).inc(duplicates)
        if set_aside:
            self._set_aside.labels(store_id).inc(set_aside)

    def page(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)


class Measured:
    """Pure ASGI middleware: how long each endpoint takes and how often it fails."""

    def __init__(self, app: ASGIApp, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._app = app
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note what became of it; a stream is not timed."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._clock()
        status = 500

        async def noticed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noticed)
        finally:
            route = scope.get("route")
            labels = (SERVICE, getattr(route, "path", "none"), scope["method"])
            if not labels[1].endswith("/stream"):
                self._metrics.requests.labels(*labels).observe(self._clock() - began)
            if status >= 500:
                self._metrics.errors.labels(*labels).inc()
