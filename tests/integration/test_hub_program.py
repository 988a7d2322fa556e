"""The program itself: settings, schema, start, stop, and a power cut."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from storehub.database import make_engine, metadata, migrate
from storehub.people.queries import digest
from storehub.settings import Settings, SettingsRefused
from tests import make
from tests.patience import eventually

STOP_SECONDS_MAX = 12.0
"""Shorter than a heartbeat of the poke stream: a stop waits for nobody."""

GOOD = {
    "STOREHUB_DATABASE_URL": "postgresql://hub:secret@127.0.0.1:5432/hub",
    "STOREHUB_STORE_ID": "STORE_001",
    "STOREHUB_DATA_DIR": "somewhere",
}


# ------------------------------------------------------------------ settings


def test_settings_come_from_the_environment_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    file.write_text('store_id = "STORE_009"\nport = 8109\nreceipt_language = "en"\n')
    settings = Settings.load(GOOD | {"STOREHUB_SIMULATED_CAPTURE_SECONDS": "0.5"}, file)
    assert (settings.store_id, settings.port, settings.receipt_language) == ("STORE_001", 8109, "en")
    assert settings.simulated_capture_seconds == 0.5
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"STOREHUB_DATABASE_URL": ""}, "STOREHUB_DATABASE_URL is missing"),
        ({"STOREHUB_DATABASE_URL": "mysql://x"}, "is not a Postgres URL, for example"),
        ({"STOREHUB_STORE_ID": "two words"}, "STOREHUB_STORE_ID"),
        ({"STOREHUB_PORT": "eighty"}, "STOREHUB_PORT: 'eighty' is not a port from 1 to 65535"),
        ({"STOREHUB_HQ_URL": "hq.example.com"}, "STOREHUB_HQ_URL"),
        ({"STOREHUB_PING_SECONDS": "often"}, "is not a number of seconds, for example"),
        ({"STOREHUB_RECEIPT_LANGUAGE": "fr"}, "is not vi or en"),
        ({"STOREHUB_HOST": "0.0.0.0"}, "TLS 1.3"),
        ({"STOREHUB_TLS_KEY": "hub.key"}, "belong together"),
    ],
)
def test_a_bad_setting_stops_the_start_with_a_sentence(change: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsRefused, match=said):
        Settings.load(GOOD | change)


def test_an_unknown_setting_in_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    file.write_text("prot = 1\n")
    with pytest.raises(SettingsRefused, match="there is no setting prot"):
        Settings.load(GOOD, file)


# ------------------------------------------------------------------ schema


def test_both_ways_to_the_schema_agree(hub_database_url: str) -> None:
    engine = make_engine(hub_database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_migrating_again_changes_nothing(hub_database_url: str) -> None:
    migrate(hub_database_url)


def test_jit_is_off_for_every_connection(hub_database_url: str) -> None:
    engine = make_engine(hub_database_url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW jit").scalar_one() == "off"
    engine.dispose()


# ------------------------------------------------------------------ the process


class Process:
    """`storehub serve` as it is started in a store."""

    def __init__(self, database_url: str, data_dir: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.environment = os.environ | {
            "STOREHUB_DATABASE_URL": database_url,
            "STOREHUB_STORE_ID": make.STORE,
            "STOREHUB_DATA_DIR": str(data_dir),
            "STOREHUB_PORT": str(self.port),
        }
        self.log = data_dir.with_suffix(".log")
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False)

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "storehub.bootstrap", "serve"],
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        eventually(self._is_ready, 60)

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.http.get("/health/ready").status_code == 200
        except httpx.TransportError:
            return False

    def end(self, number: int) -> tuple[int, float]:
        """Exit code, and how long it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(60), time.monotonic() - began

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path) -> Iterator[Process]:
    process = Process(hub_database_url, tmp_path / "hub")
    with ExitStack() as ending:
        ending.callback(process.http.close)
        process.start()
        ending.callback(lambda: process.process.poll() is None and process.end(signal.SIGKILL))
        yield process


def token_of_an_enrolled_till(hub: Process) -> str:
    with psycopg.connect(hub.environment["STOREHUB_DATABASE_URL"]) as connection:
        connection.execute(
            "INSERT INTO terminals (terminal_id, is_active, secret_hash) VALUES (%s, true, %s)",
            [make.TERMINAL, digest("s")],
        )
    answer = hub.http.post("/api/v1/auth/token", json={"terminal_id": make.TERMINAL, "secret": "s"})
    token: str = answer.json()["token"]
    return token


def test_it_says_in_one_json_line_that_it_is_ready_and_stops_cleanly(hub: Process) -> None:
    (line,) = [line for line in hub.lines() if line["message"] == "hub ready"]
    assert (line["level"], line["service"], line["store_id"], line["port"]) == (
        "info",
        "storehub",
        make.STORE,
        hub.port,
    )
    code, seconds = hub.end(signal.SIGTERM)
    assert code == 0
    assert seconds < STOP_SECONDS_MAX
    assert hub.lines()[-1]["message"] == "hub stopped"


def test_an_open_stream_of_pokes_does_not_hold_up_the_end(hub: Process) -> None:
    headers = {"authorization": f"Bearer {token_of_an_enrolled_till(hub)}"}
    with hub.http.stream("GET", "/api/v1/stream", headers=headers) as stream:
        assert next(stream.iter_lines()) == ": open"
        code, seconds = hub.end(signal.SIGTERM)
    assert (code, seconds < STOP_SECONDS_MAX) == (0, True)


def test_what_was_accepted_before_a_kill_is_there_afterwards(hub: Process) -> None:
    headers = {"authorization": f"Bearer {token_of_an_enrolled_till(hub)}"}
    chain = make.Chain()
    sent = 0
    for position in range(1, 41):
        body = make.batch(position, [chain.sell()])
        if position == 30:
            hub.end(signal.SIGKILL)
            hub.start()
        answer = hub.http.post("/api/v1/envelopes", content=body, headers=headers)
        assert answer.json()["next_position"] == position + 1, answer.text
        sent = position
    with psycopg.connect(hub.environment["STOREHUB_DATABASE_URL"]) as connection:
        found = connection.execute("SELECT count(*), sum(total_amount) FROM transactions").fetchone()
    assert found == (sent, sent * 10_000)


def test_a_token_given_before_a_restart_is_good_after_it(hub: Process) -> None:
    headers = {"authorization": f"Bearer {token_of_an_enrolled_till(hub)}"}
    hub.end(signal.SIGTERM)
    hub.start()
    assert hub.http.get("/api/v1/news", headers=headers).status_code == 200


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "storehub.bootstrap", *arguments],
        env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_refuses_to_start_without_a_database_in_one_sentence() -> None:
    refused = run("serve")
    assert refused.returncode == 1
    assert refused.stderr.startswith("storehub: STOREHUB_DATABASE_URL is missing: the Postgres database")
    assert refused.stderr.count("\n") == 1


def test_migrate_needs_the_database_only(database_url: str) -> None:
    assert run("migrate", STOREHUB_DATABASE_URL=database_url).returncode == 0
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM transactions").fetchone() == (0,)


def test_the_doctor_says_what_is_well_and_what_is_not(hub_database_url: str, tmp_path: Path) -> None:
    good = {
        "STOREHUB_DATABASE_URL": hub_database_url,
        "STOREHUB_STORE_ID": make.STORE,
        "STOREHUB_DATA_DIR": str(tmp_path),
    }
    well = run("doctor", **good)
    assert (well.returncode, "BAD" in well.stdout) == (0, False)
    (tmp_path / "token.key").write_text("00")
    (tmp_path / "token.key").chmod(0o644)
    ill = run("doctor", **good, STOREHUB_HQ_URL="http://127.0.0.1:9", STOREHUB_PRINTER="network:127.0.0.1:9")
    assert ill.returncode == 1
    for complaint in ("token.key: others may read it", "head office:", "enrolment:", "printer:"):
        assert f"BAD {complaint}" in ill.stdout
    assert "ok  database: reached, its schema is the newest" in ill.stdout
