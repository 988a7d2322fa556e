"""The courier keeps its promises on SQLite and on Postgres alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.contract.courier_chains import ChainContract
from tests.contract.courier_feed import FeedContract
from tests.contract.courier_inbox import InboxContract
from tests.contract.courier_line import LineContract
from tests.contract.courier_outbox import OutboxContract
from tests.contract.courier_resume import ResumeContract
from tests.contract.courier_side import Side, create_tables, postgres_engine, sqlite_engine


class OnSqlite:
    @pytest.fixture
    def side(self, tmp_path: Path) -> Iterator[Side]:
        side = Side(sqlite_engine(tmp_path / "side.sqlite"))
        yield side
        side.engine.dispose()

    @pytest.fixture
    def other_side(self, tmp_path: Path) -> Iterator[Side]:
        side = Side(sqlite_engine(tmp_path / "other.sqlite"))
        yield side
        side.engine.dispose()


class OnPostgres:
    @pytest.fixture
    def side(self, database_from_template: Callable[..., str]) -> Iterator[Side]:
        side = Side(postgres_engine(database_from_template(create_tables)))
        yield side
        side.engine.dispose()

    @pytest.fixture
    def other_side(self, database_from_template: Callable[..., str]) -> Iterator[Side]:
        side = Side(postgres_engine(database_from_template(create_tables)))
        yield side
        side.engine.dispose()


class TestInboxOnSqlite(OnSqlite, InboxContract):
    pass


class TestInboxOnPostgres(OnPostgres, InboxContract):
    pass


class TestChainsOnSqlite(OnSqlite, ChainContract):
    pass


class TestChainsOnPostgres(OnPostgres, ChainContract):
    pass


class TestOutboxOnSqlite(OnSqlite, OutboxContract):
    pass


class TestOutboxOnPostgres(OnPostgres, OutboxContract):
    pass


class TestFeedOnSqlite(OnSqlite, FeedContract):
    pass


class TestFeedOnPostgres(OnPostgres, FeedContract):
    pass


class TestResumeOnSqlite(OnSqlite, ResumeContract):
    pass


class TestResumeOnPostgres(OnPostgres, ResumeContract):
    pass


@pytest.mark.allow_log("news line lifted")
class TestLineOnSqlite(OnSqlite, LineContract):
    pass


@pytest.mark.allow_log("news line lifted")
class TestLineOnPostgres(OnPostgres, LineContract):
    pass
