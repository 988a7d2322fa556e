"""News: a versioned change of master data, and a page of it as it travels down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class News:
    """The newest state of one piece of master data; `body` is empty when it was `deleted`."""

    version: int
    kind: str
    key: str
    body: dict[str, Any]
    deleted: bool = False

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "version": self.version,
            "kind": self.kind,
            "key": self.key,
            "body": self.body,
            "deleted": self.deleted,
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> News:
        """Read one piece of news; raises KeyError or TypeError when it is none."""
        return cls(body["version"], body["kind"], body["key"], body["body"] or {}, body["deleted"])


@dataclass(frozen=True, slots=True)
class NewsPage:
    """News after some version; whoever applies the page is at `current_version`. `more`: ask again."""

    current_version: int
    news: list[News]
    more: bool = False

    def to_body(self) -> dict[str, Any]:
        """The answer of `GET …/news`."""
        return {
            "current_version": self.current_version,
            "news": [news.to_body() for news in self.news],
            "more": self.more,
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> NewsPage:
        """Read an answer; raises KeyError or TypeError when it is none."""
        return cls(body["current_version"], [News.from_body(news) for news in body["news"]], body["more"])


def merged(pages: Iterable[NewsPage]) -> NewsPage:
    """Consecutive pages as one, so that they are applied in one transaction (FR-5.2: no partial state).

    What changed again on a later page is taken from there. Raises ValueError when there is no page.
    """
    newest: dict[tuple[str, str], News] = {}
    last: NewsPage | None = None
    for page in pages:
        last = page
        newest.update(((news.kind, news.key), news) for news in page.news)
    if last is None:
        raise ValueError("no page to merge")
    return NewsPage(last.current_version, sorted(newest.values(), key=lambda news: news.version), last.more)
