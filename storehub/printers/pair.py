"""Two printers: what the first one cannot print now comes out of the second.

A receipt of which the first printer has taken a byte stays with it: half of it may lie there, and the paper
that follows has to say so. The drawer hangs on the first printer.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from storehub.printers.condition import Reading
from storehub.printers.port import Printer, PrinterDown

log = structlog.get_logger(__name__)


class PrinterPair:
    """Delivers to the first printer that takes it (not safe for several threads)."""

    def __init__(self, first: Printer, second: Printer) -> None:
        self._first = first
        self._second = second
        self._last = first

    @property
    def name(self) -> str:
        """The printer that was tried last."""
        return self._last.name

    def deliver(self, data: bytes, before_sending: Callable[[], None], *, needs_paper: bool = True) -> None:
        """As `Printer.deliver`; what the second cannot print either raises the first one's `PrinterDown`."""
        sent = False

        def about_to_send() -> None:
            nonlocal sent
            before_sending()
            sent = True

        self._last = self._first
        try:
            self._first.deliver(data, about_to_send, needs_paper=needs_paper)
        except PrinterDown as down:
            if sent or not needs_paper:
                raise
            self._instead(data, about_to_send, down)

    def look(self) -> Reading:
        """How the first one is: that the second helps out is no reason to leave it without paper."""
        return self._first.look()

    def _instead(self, data: bytes, about_to_send: Callable[[], None], down: PrinterDown) -> None:
        self._last = self._second
        try:
            self._second.deliver(data, about_to_send)
        except PrinterDown as also_down:
            log.info("the second printer is down too", printer=self._second.name, error=str(also_down))
            raise down from also_down
        log.info("printed by the second printer", printer=self._second.name, first=str(down))
