"""The databases of every revision, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

import hq.database
import storehub.database
from tests.conftest import Databases
from tests.past.past_databases import PastDatabases

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def past_hubs(databases: Databases) -> PastDatabases:
    return PastDatabases(HERE / "hub", storehub.database.migrate, databases)


@pytest.fixture(scope="session")
def past_offices(databases: Databases) -> PastDatabases:
    return PastDatabases(HERE / "hq", hq.database.migrate, databases)
