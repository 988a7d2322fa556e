"""The till's promotions: a book that is ready when a basket asks, and made anew only when they change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Lock

import orjson
import structlog

from retail.promotion import BadPromotion, Promotion
from retail.promotion_book import PromotionBook

log = structlog.stdlib.get_logger("terminal.till")


class PromotionShelf:
    """Keeps the book of the promotions that were asked for last; any thread may ask.

    A book of 500 promotions takes some 50 ms to make and remembers what baskets have asked it, so other
    news leave it as it is.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._texts: tuple[str, ...] = ()
        self._book = PromotionBook()

    def book_of(self, texts: Sequence[str]) -> PromotionBook:
        """The book of these news bodies (JSON); one that cannot be read is logged and left out."""
        with self._lock:
            if tuple(texts) != self._texts:
                self._book = PromotionBook(_readable(texts))
                self._texts = tuple(texts)
            return self._book


def _readable(texts: Sequence[str]) -> Iterator[Promotion]:
    for text in texts:
        try:
            yield Promotion.from_body(orjson.loads(text))
        except BadPromotion as wrong:
            log.warning("promotion not usable", **wrong.detail)
