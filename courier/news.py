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
class Lost:
    """Versions, both ends included, that head office gave out and lost with a restore."""

    first_version: int
    last_version: int

    def __contains__(self, version: int) -> bool:
        """Whether the version is one of them."""
        return self.first_version <= version <= self.last_version


@dataclass(frozen=True, slots=True)
class NewsPage:
    """News after some version; whoever applies the page is at `current_version`. `more`: ask again.

    `start_over`: the version asked after is one of the `lost`; ask again after 0, and what comes of that
    is all there is (`whole`: whatever it does not name is gone).
    """

    current_version: int
    news: list[News]
    more: bool = False
    start_over: bool = False
    lost: tuple[Lost, ...] = ()
    whole: bool = False

    def to_body(self) -> dict[str, Any]:
        """The answer of `GET …/news`; `start_over` and `lost` only where there is something to say."""
        body: dict[str, Any] = {
            "current_version": self.current_version,
            "news": [news.to_body() for news in self.news],
            "more": self.more,
        }
        if self.start_over:
            body["start_over"] = True
        if self.lost:
            body["lost"] = [[lost.first_version, lost.last_version] for lost in self.lost]
        return body

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> NewsPage:
        """Read an answer; raises KeyError, TypeError or ValueError when it is none."""
        return cls(
            body["current_version"],
            [News.from_body(news) for news in body["news"]],
            body["more"],
            body.get("start_over", False),
            tuple(Lost(first, last) for first, last in body.get("lost", ())),
        )


def merged(pages: Iterable[NewsPage]) -> NewsPage:
    """Consecutive pages as one, so that they are applied in one transaction (FR-5.2: no partial state).

    What changed again on a later page is taken from there. Raises ValueError when there is no page.
    """
    newest: dict[tuple[str, str], News] = {}
    lost: dict[Lost, None] = {}
    last: NewsPage | None = None
    for page in pages:
        last = page
        newest.update(((news.kind, news.key), news) for news in page.news)
        lost.update(dict.fromkeys(page.lost))
    if last is None:
        raise ValueError("no page to merge")
    in_order = sorted(newest.values(), key=lambda news: news.version)
    return NewsPage(last.current_version, in_order, last.more, lost=tuple(lost))
