"""Postgres finds out by itself, and soon, that a program of ours went away without a word."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from hq.database import server_options as head_office_options
from installer.postgres import Postgres
from storehub.database import server_options as hub_options

FOUND_OUT_SECONDS = 15


@pytest.mark.parametrize("options", [hub_options("silent"), head_office_options("silent")])
def test_what_a_program_held_when_its_network_went_is_free_again_soon(
    options: dict[str, str | int], postgres_server: Postgres
) -> None:
    """A caller whose network is down cannot say that it goes: its locks are held until the server asks."""
    with psycopg.connect(make_conninfo(postgres_server.url(), **options)) as connection:
        asks = {
            name.removeprefix("tcp_keepalives_"): int(setting)
            for name, setting in connection.execute(
                "SELECT name, setting FROM pg_settings WHERE name LIKE 'tcp\\_keepalives\\_%'"
            )
        }
    assert 0 < asks["idle"] + asks["interval"] * asks["count"] <= FOUND_OUT_SECONDS
