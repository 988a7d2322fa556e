"""The hub's promotions in memory, for the Checkout API and to compare what tills sold (FR-3.3).

A till that was cut off sells with the promotions it had. Such a sale is right as it stands; the
difference is noted for review, as with prices (FR-5.3).
"""

from __future__ import annotations

from sqlalchemy import Connection

from retail.promotion_book import PromotionBook
from storehub.catalog.queries import known_promotions


class Promotions:
    """The promotions of this store as of the last page of news; any thread may read `book`."""

    def __init__(self) -> None:
        self.book = PromotionBook()

    def load(self, tx: Connection) -> None:
        """Read everything anew, at the start and after news of promotions was committed."""
        self.book = PromotionBook(known_promotions(tx))
