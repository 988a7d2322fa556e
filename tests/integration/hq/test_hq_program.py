"""Head office as a program: commands, signals, a database that goes away, the schema, what logs hold."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from hq.bootstrap import main
from hq.database import make_engine, metadata
from installer.postgres import Postgres
from tests.integration.hq.conftest import ADMIN, RunningHq
from tests.make_hq import Chain, batch
from tests.patience import eventually

HEADER = "sku_id,barcode,product_name,category,base_price,tax_rate"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Program:
    """`hq serve` in a process of its own."""

    def __init__(self, database_url: str, data: Path, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "HQ_DATABASE_URL": database_url,
            "HQ_DATA_DIR": str(data),
            "HQ_PORT": str(self.port),
            "HQ_ADMIN_EMPLOYEE_ID": ADMIN["employee_id"],
            "HQ_ADMIN_PIN": ADMIN["pin"],
            **settings,
        }
        self.log = data / "hq.log"
        data.mkdir(exist_ok=True)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hq.bootstrap", "serve"],
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def status(self, path: str = "/health/ready") -> int:
        """Of an answer, 0 when there is none."""
        try:
            return httpx.get(self.url + path, timeout=60).status_code
        except httpx.TransportError:
            assert self.process.poll() is None, self.log.read_text()
            return 0


@contextmanager
def program(database_url: str, data: Path) -> Iterator[Program]:
    running = Program(database_url, data)
    try:
        eventually(lambda: running.status() == 200)
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def test_serve_migrates_starts_and_stops_cleanly(database_url: str, tmp_path: Path) -> None:
    with program(database_url, tmp_path / "data") as hq:
        token = httpx.post(hq.url + "/v1/auth/token", json=ADMIN, timeout=60).json()["token"]
        admin = {"authorization": f"Bearer {token}"}
        httpx.post(hq.url + "/v1/stores", json={"store_id": "S_1", "name": "S"}, headers=admin, timeout=60)
        codes = hq.url + "/v1/stores/S_1/enrolment-codes"
        code = httpx.post(codes, json={}, headers=admin, timeout=60).json()["enrolment_code"]
        hub = httpx.post(hq.url + "/v1/enrolments", json={"enrolment_code": code}, timeout=60).json()
        store = {"authorization": f"Bearer {hub['token']}"}
        with httpx.stream("GET", hq.url + "/v1/stream", headers=store, timeout=60) as stream:
            assert next(stream.iter_lines()) == ": open"
            hq.process.send_signal(signal.SIGTERM)
            assert hq.process.wait(60) == 0
        text = hq.log.read_text()

    lines = [json.loads(line) for line in text.splitlines()]
    ready = [line for line in lines if line["message"] == "ready"]
    assert [(line["service"], line["port"]) for line in ready] == [("hq", hq.port)]
    assert all({"timestamp", "level"} <= line.keys() for line in lines)
    password = make_url(database_url).password or ""
    for secret in (ADMIN["pin"], password, token, hub["secret"], code):
        assert secret not in text
    key = tmp_path / "data" / "token-key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_token_outlives_a_restart(database_url: str, tmp_path: Path) -> None:
    with program(database_url, tmp_path / "data") as hq:
        token = httpx.post(hq.url + "/v1/auth/token", json=ADMIN, timeout=60).json()["token"]
    with program(database_url, tmp_path / "data") as hq:
        headers = {"authorization": f"Bearer {token}"}
        assert httpx.get(hq.url + "/v1/catalog/snapshot", headers=headers, timeout=60).status_code == 200


def test_a_database_that_goes_away_is_a_503_until_it_is_back(tmp_path: Path) -> None:
    with Postgres(tmp_path / "postgres") as server:
        server.create_database("hq")
        with program(server.url("hq"), tmp_path / "data") as hq:
            token = httpx.post(hq.url + "/v1/auth/token", json=ADMIN, timeout=60).json()["token"]
            admin = httpx.Client(base_url=hq.url, headers={"authorization": f"Bearer {token}"}, timeout=60)
            with admin:
                admin.post("/v1/stores", json={"store_id": "STORE_001", "name": "X"})
                code = admin.post("/v1/stores/STORE_001/enrolment-codes", json={}).json()["enrolment_code"]
                hub = admin.post("/v1/enrolments", json={"enrolment_code": code}).json()
                store = {"authorization": f"Bearer {hub['token']}"}
                texts = Chain().sales(4)
                send = hq.url + "/v1/ingestion/events"
                assert (
                    httpx.post(send, content=batch(texts[:2]), headers=store, timeout=60).status_code == 200
                )

                assert server.pid is not None
                os.kill(server.pid, signal.SIGKILL)
                eventually(lambda: hq.status() == 503)
                away = httpx.post(send, content=batch(texts[2:], 3), headers=store, timeout=60)
                put = admin.put("/v1/settings/ping_seconds", json={"value": 5})
                for answer in (away, put):
                    assert (answer.status_code, answer.json()["code"]) == (503, "database-away")
                    assert int(answer.headers["retry-after"]) > 0
                assert hq.status("/health/live") == 200

                server.stop()
                server.start()
                eventually(lambda: hq.status() == 200)
                again = httpx.post(send, content=batch(texts[2:], 3), headers=store, timeout=60)
                assert again.json() == {"accepted": 2, "duplicates": 0, "errors": [], "next_position": 5}
                span = {"from": "2026-01-01", "to": "2027-01-01"}

                def booked() -> bool:
                    body = admin.get("/v1/reports/sales", params=span).json()
                    return bool(body["complete"] and body["rows"][0]["transaction_count"] == 4)

                eventually(booked)


@pytest.mark.allow_log("database away", "waits for the database")
def test_requests_that_wait_for_a_lock_too_long_are_told_to_come_again(hq: RunningHq) -> None:
    store = hq.store()
    store.send(Chain().sales(1))
    with psycopg.connect(hq.database_url) as other:
        other.execute("LOCK TABLE stores IN ACCESS EXCLUSIVE MODE")
        with psycopg.connect(hq.database_url, autocommit=True) as killer, ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(hq.admin.post, "/v1/stores", json={"store_id": "S_2", "name": "S"})
            eventually(
                lambda: bool(
                    killer.execute(
                        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                        " WHERE application_name = 'hq' AND wait_event_type = 'Lock'"
                    ).fetchall()
                )
            )
            answer = waiting.result()
    assert (answer.status_code, answer.json()["code"]) == (503, "database-away")


def test_the_tables_are_those_that_the_migrations_make(hq_database_url: str) -> None:
    engine = make_engine(hq_database_url)
    with engine.connect() as connection:
        differences = compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": True}), metadata
        )
    engine.dispose()
    assert [each for each in differences if "partition" not in repr(each)] == []


def test_several_instances_may_migrate_at_once(database_url: str) -> None:
    scripts = Config()
    scripts.set_main_option("script_location", "hq:migrations")
    command = [sys.executable, "-m", "hq.bootstrap", "migrate"]
    environment = {**os.environ, "HQ_DATABASE_URL": database_url}
    instances = [subprocess.Popen(command, env=environment) for _ in range(3)]
    assert [instance.wait(60) for instance in instances] == [0, 0, 0]
    with psycopg.connect(database_url) as connection:
        reached = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert reached == [(head,) for head in ScriptDirectory.from_config(scripts).get_heads()]


def run(monkeypatch: pytest.MonkeyPatch, database_url: str, *arguments: str) -> int:
    """`hq …` in this process."""
    monkeypatch.setenv("HQ_DATABASE_URL", database_url)
    return main(arguments)


def test_a_file_is_imported_from_the_command_line_and_stores_hear_of_it(
    hq: RunningHq, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = hq.store()
    file = tmp_path / "catalogue.csv"
    file.write_text(f"{HEADER}\nSKU_A,96385074,Trà,Đồ uống,7000,0.08\n", encoding="utf-8")

    with store.http.stream("GET", "/v1/stream") as stream:
        lines = stream.iter_lines()
        next(lines)
        code = run(monkeypatch, hq.database_url, "import", str(file))
        assert next(each for each in lines if each.startswith("data")) == "data: news"

    assert code == 0
    assert json.loads(capsys.readouterr().out)["created"] == 1
    assert hq.sql(
        "SELECT deed, outcome FROM audit_log WHERE actor = 'system' AND deed = 'import catalogue'"
    ) == [("import catalogue", "done")]


def test_a_broken_file_is_named_with_line_and_column(
    hq_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "catalogue.csv"
    file.write_text(f"{HEADER}\nSKU_A,96385075,Trà,Đồ uống,7000,0.08\n", encoding="utf-8")

    assert run(monkeypatch, hq_database_url, "import", str(file)) == 1
    said = capsys.readouterr().err
    assert f"{file}, line 2, column barcode: 96385075 has a wrong check digit" in said
    assert run(monkeypatch, hq_database_url, "import", str(tmp_path / "nothing.csv")) == 1
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.allow_log("fact set aside", "chain broken")
def test_the_doctor_says_what_somebody_has_to_look_at(
    hq: RunningHq, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store, till = hq.store(), Chain()
    store.send(till.sales(3))
    hq.report()
    assert run(monkeypatch, hq.database_url, "doctor") == 0

    till.sales(1)
    store.send([till.seal_body("SomethingNew", {})])
    hq.report()

    assert run(monkeypatch, hq.database_url, "doctor") == 1
    said = capsys.readouterr().out
    assert "LOOK  1 facts are set aside: fact-not-readable" in said
    assert "LOOK  chain of STORE_001/POS_01: gap from 4 to 4" in said


def test_a_database_that_is_not_there_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, f"postgresql://hq:hidden@127.0.0.1:{free_port()}/hq", "migrate") == 1
    said = capsys.readouterr().err
    assert said.startswith("hq: the database cannot be reached")
    assert "hidden" not in said


def test_tls_is_version_1_3_or_nothing(hq_database_url: str, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subject = ["-subj", "/CN=hq", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            *subject,
            "-keyout",
            key,
            "-out",
            certificate,
        ],
        check=True,
        capture_output=True,
    )
    tls = {"HQ_TLS_CERTIFICATE": str(certificate), "HQ_TLS_KEY": str(key)}
    running = Program(hq_database_url, tmp_path / "data", **tls)
    url = f"https://127.0.0.1:{running.port}/health/live"
    new, old = (ssl.create_default_context(cafile=str(certificate)) for _ in range(2))
    old.maximum_version = ssl.TLSVersion.TLSv1_2

    def answers() -> bool:
        try:
            return httpx.get(url, verify=new).status_code == 200
        except httpx.TransportError:
            assert running.process.poll() is None, running.log.read_text()
            return False

    try:
        eventually(answers)
        with pytest.raises(httpx.TransportError):
            httpx.get(url, verify=old)
    finally:
        running.process.terminate()
        assert running.process.wait(60) == 0
