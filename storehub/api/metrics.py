"""Figures for Prometheus, under the names of spec 11."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine, event
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from retail.facts import SaleRecorded

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

WAITING = {
    "outbox_queue_length": "Facts that head office has not got yet",
    "outbox_oldest_age_seconds": "Since the oldest of them was made; 0: there is none",
    "outbox_acknowledged_position": "The last position that head office has",
    "news_version": "The last version of head office's news applied here",
    "facts_set_aside": "Facts that wait for a person's decision",
    "chain_breaks": "Places where a till's chain does not hold",
}
"""Gauge → what it means."""

WaitingFigures = Callable[[], Mapping[str, float]]


class Metrics:
    """The hub's own registry, so that several hubs can live in one process (tests do)."""

    def __init__(self, store_id: str) -> None:
        self.registry = CollectorRegistry()
        self._store_id = store_id
        self.created = Counter(
            "transactions_created_total", "Sales begun", ["store_id", "terminal_id"], registry=self.registry
        )
        self._completed = Counter(
            "transactions_completed_total",
            "Sales recorded",
            ["store_id", "terminal_id", "payment_method"],
            registry=self.registry,
        )
        # A gauge by type, as a counter's name would end in _total; the spec's name is kept.
        self._amount = Gauge(
            "transaction_amount_sum",
            "What customers paid, in minor units",
            ["store_id"],
            registry=self.registry,
        )
        self._requests = Histogram(
            "api_request_duration_seconds",
            "Time to answer",
            ["endpoint", "method"],
            buckets=FAST,
            registry=self.registry,
        )
        self._queries = Histogram(
            "database_query_duration_seconds",
            "Time of a statement",
            ["query_type"],
            buckets=FAST,
            registry=self.registry,
        )
        self._attempts = Counter(
            "outbox_publish_attempts_total",
            "Batches sent to head office",
            ["store_id", "success"],
            registry=self.registry,
        )

    def sale_begun(self, terminal_id: str) -> None:
        """A sale was begun through the Checkout API."""
        self.created.labels(self._store_id, terminal_id).inc()

    def sales_recorded(self, sales: Iterable[SaleRecorded]) -> None:
        """Sales were recorded, whichever door they came by."""
        for sale in sales:
            method = sale.tenders[0].payment_method if sale.tenders else "NONE"
            self._completed.labels(self._store_id, sale.terminal_id, method).inc()
            self._amount.labels(self._store_id).inc(sale.totals.total_amount)

    def batch_sent(self, success: bool) -> None:
        """A batch went to head office, or did not."""
        self._attempts.labels(self._store_id, str(success).lower()).inc()

    def request_answered(self, endpoint: str, method: str, seconds: float) -> None:
        """A request was answered; `endpoint` is the path's pattern, never the path."""
        self._requests.labels(endpoint, method).observe(seconds)

    def statement_done(self, query_type: str, seconds: float) -> None:
        """A statement came back."""
        self._queries.labels(query_type).observe(seconds)

    def watch_waiting(self, figures: WaitingFigures) -> None:
        """Ask this for the figures named in `WAITING` whenever somebody looks."""
        self.registry.register(_Waiting(self._store_id, figures))

    def watch_skew(self, seconds: Callable[[], float | None]) -> None:
        """Ask this for how far head office's clock is ahead whenever somebody looks."""
        gauge = Gauge(
            "hq_clock_skew_seconds",
            "How far head office's clock is ahead of ours, as last measured",
            ["store_id"],
            registry=self.registry,
        )
        gauge.labels(self._store_id).set_function(lambda: seconds() or 0.0)

    def watch_backups(self, age_seconds: Callable[[], float]) -> None:
        """Ask this for the age of the newest backup whenever somebody looks."""
        age = Gauge(
            "backup_age_seconds",
            "Since the newest backup was made; -1: there is none",
            registry=self.registry,
        )
        age.set_function(age_seconds)

    def watch_engine(self, engine: Engine) -> None:
        """Time the statements of this engine by their first word."""

        @event.listens_for(engine, "before_cursor_execute")
        def begin(_c: Any, _k: Any, _s: str, _p: Any, context: Any, _m: bool) -> None:
            context.begun = perf_counter()

        @event.listens_for(engine, "after_cursor_execute")
        def end(_c: Any, _k: Any, statement: str, _p: Any, context: Any, _m: bool) -> None:
            query_type = statement.lstrip()[:6].lower().strip()
            self.statement_done(query_type, perf_counter() - context.begun)

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self.registry)


class _Waiting(Collector):
    """What waits at the hub, read when it is asked for."""

    def __init__(self, store_id: str, figures: WaitingFigures) -> None:
        self._store_id = store_id
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        figures = self._figures()
        for name, meaning in WAITING.items():
            family = GaugeMetricFamily(name, meaning, labels=["store_id"])
            family.add_metric([self._store_id], figures[name])
            yield family


class StopwatchDoor:
    """ASGI: times every request; the slow streams of pokes are left out."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = perf_counter()
        is_stream = False

        async def watched(message: Message) -> None:
            nonlocal is_stream
            if message["type"] == "http.response.start":
                is_stream = (b"content-type", b"text/event-stream; charset=utf-8") in message["headers"]
            await send(message)

        await self._app(scope, receive, watched)
        if not is_stream:
            route = scope.get("route")
            endpoint = route.path if route is not None else "other"
            self._metrics.request_answered(endpoint, scope["method"], perf_counter() - begun)
