"""The Postgres that `everopen up` brings along, treated as badly as a shop treats a computer."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from installer.engine import NoPostgres, binaries, reachable, within_reach
from installer.leftovers import leftovers, mark
from installer.postgres import Postgres, PostgresWouldNotStart

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="as an ordinary user there is nobody to become")

SUPERVISOR = """
import signal, sys
from pathlib import Path
from installer.postgres import Postgres
Postgres(Path(sys.argv[1])).start()
print("up", flush=True)
signal.pause()
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Below a folder that only we may enter, as pytest makes it; nothing may run there afterwards."""
    home = tmp_path / "postgres"
    yield home
    if (home / "data").exists():
        assert leftovers(home / "data") == []


def note(server: Postgres, word: str) -> None:
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS notes (word text)")
        connection.execute("INSERT INTO notes VALUES (%s)", [word])


def notes(server: Postgres) -> list[str]:
    with psycopg.connect(server.url()) as connection:
        return [word for (word,) in connection.execute("SELECT word FROM notes ORDER BY word")]


def server_pid(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().split()[0])


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def owner_of(home: Path) -> tuple[int, int] | None:
    data = (home / "data").stat()
    return (data.st_uid, data.st_gid) if os.geteuid() == 0 else None


def test_what_was_written_is_there_the_next_day(home: Path) -> None:
    with Postgres(home) as server:
        note(server, "monday")
    with Postgres(home) as server:
        note(server, "tuesday")
        assert notes(server) == ["monday", "tuesday"]


def test_every_commit_is_kept_and_short_queries_are_not_compiled(home: Path) -> None:
    with Postgres(home) as server, psycopg.connect(server.url()) as connection:
        settings = {
            name: connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            for name in ("fsync", "synchronous_commit", "jit", "server_encoding")
        }
    assert settings == {
        "fsync": ("on",),
        "synchronous_commit": ("on",),
        "jit": ("off",),
        "server_encoding": ("UTF8",),
    }


def test_a_password_is_demanded_and_kept_from_others(home: Path) -> None:
    with Postgres(home) as server:
        address = server.url().replace(":" + (home / "password").read_text() + "@", ":guess@")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(address)
        assert (home / "password").stat().st_mode & 0o777 == 0o600


def test_it_listens_on_the_loopback_address_and_nowhere_else(home: Path) -> None:
    with Postgres(home) as server, psycopg.connect(server.url()) as connection:
        listens = [
            connection.execute(f"SHOW {name}").fetchone()
            for name in ("listen_addresses", "unix_socket_directories")
        ]
    assert listens == [("127.0.0.1",), ("",)]


def test_making_a_database_twice_makes_it_once(home: Path) -> None:
    with Postgres(home) as server:
        server.create_database("hub_STORE_001")
        server.create_database("hub_STORE_001")
        with psycopg.connect(server.url("hub_STORE_001")) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == ("hub_STORE_001",)


@pytest.mark.parametrize("victims", ["the server", "all its processes"])
def test_after_kill_9_it_starts_again_on_its_port_with_every_commit(home: Path, victims: str) -> None:
    with Postgres(home) as server:
        note(server, "before")
        address = server.url()
        for pid in [server_pid(home)] if victims == "the server" else leftovers(home / "data"):
            with suppress(ProcessLookupError):  # it went with its server
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not server.alive())
        server.start()
        assert server.url() == address
        assert notes(server) == ["before"]


def test_a_server_that_is_up_and_turns_everybody_away_has_started(home: Path) -> None:
    """As with a disk that is full: what it needs is a person, and others need their supervisor meanwhile."""
    server = Postgres(home)
    server.start()
    server.create_database("chain")
    with psycopg.connect(server.url("chain"), autocommit=True) as connection:
        connection.execute("ALTER DATABASE postgres ALLOW_CONNECTIONS false")
    server.stop()
    try:
        server.start()
        assert server.alive()
        with psycopg.connect(server.url("chain"), autocommit=True) as connection:
            connection.execute("ALTER DATABASE postgres ALLOW_CONNECTIONS true")
        psycopg.connect(server.url()).close()
    finally:
        server.stop()


def test_when_its_supervisor_is_killed_it_ends_by_itself(home: Path) -> None:
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, home], stdout=subprocess.PIPE)
    with supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == b"up\n"
        supervisor.kill()
    wait_until(lambda: leftovers(home / "data") == [])


def test_the_next_supervisor_need_not_wait_for_the_end_of_the_last(home: Path) -> None:
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, home], stdout=subprocess.PIPE)
    with supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == b"up\n"
        supervisor.kill()
    with Postgres(home) as server:
        note(server, "taken over")
        assert notes(server) == ["taken over"]


def test_a_server_left_behind_on_the_data_is_ended_first(home: Path) -> None:
    with Postgres(home) as server:
        note(server, "before")
        port = urlsplit(server.url()).port
    data = home / "data"
    owner = owner_of(home)
    programs = reachable(binaries(), *owner) if owner else binaries()
    with within_reach(owner, data) as ((door,), options):
        address = ["-c", "listen_addresses=127.0.0.1", "-c", f"port={port}", "-c", "unix_socket_directories="]
        forgotten = subprocess.Popen(
            [programs / "postgres", "-D", door, "-c", f"cluster_name={mark(data)}", *address],
            stderr=subprocess.DEVNULL,
            **options,
        )
    wait_until(lambda: len(leftovers(data)) > 3)
    with Postgres(home) as server:
        assert forgotten.wait(60) == 0
        assert notes(server) == ["before"]


def test_a_pid_file_that_names_somebody_elses_process_hurts_neither(home: Path) -> None:
    """After a power cut the number in the file may belong to anything."""
    with Postgres(home) as server:
        note(server, "before")
    owner = owner_of(home)
    stranger = subprocess.Popen(["sleep", "60"], user=owner[0] if owner else None)
    (home / "data" / "postmaster.pid").write_text(
        f"{stranger.pid}\n/somewhere\n1700000000\n5432\n\n127.0.0.1\n"
    )
    try:
        with Postgres(home) as server:
            assert notes(server) == ["before"]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_cluster_that_was_only_half_made_is_made_again(home: Path) -> None:
    (home / "data.new" / "base").mkdir(parents=True)
    (home / "password").write_text("half")
    with Postgres(home) as server:
        note(server, "whole")
        assert notes(server) == ["whole"]


def test_two_runs_on_the_same_data_are_refused_with_a_sentence(home: Path) -> None:
    with Postgres(home) as server:
        with pytest.raises(PostgresWouldNotStart, match="is in use by another run; stop that one first"):
            Postgres(home).start()
        assert server.alive()


def test_a_wrong_pg_bin_is_refused_with_an_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BIN", str(tmp_path))
    with pytest.raises(NoPostgres, match="has no `initdb` and `postgres`; example:"):
        binaries()


def test_data_of_a_postgres_that_is_not_here_is_refused_by_its_version() -> None:
    with pytest.raises(NoPostgres, match="written by Postgres 9, but this machine has only"):
        binaries("9")


@as_root
def test_root_has_it_run_by_an_unprivileged_user(home: Path) -> None:
    with Postgres(home, user="nobody"):
        assert Path(f"/proc/{server_pid(home)}").stat().st_uid == pwd.getpwnam("nobody").pw_uid


@as_root
def test_programs_behind_a_closed_door_are_copied_once_to_where_the_user_gets_at_them(tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    package = binaries().parents[1]
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for folder in filter(Path.is_dir, (package, package.with_name(package.name + ".libs"))):
        shutil.copytree(folder, closed / folder.name, symlinks=True)
    programs = closed / binaries().relative_to(package.parent)
    with tempfile.TemporaryDirectory() as cache_folder:
        cache = Path(cache_folder)
        cache.chmod(0o755)
        copies = [reachable(programs, nobody.pw_uid, nobody.pw_gid, cache) for _ in range(2)]
        assert copies[0] == copies[1] != programs
        # A copy that the user could not start would be copied again.
        assert reachable(copies[0], nobody.pw_uid, nobody.pw_gid, cache) == copies[0]
        assert len(list(cache.iterdir())) == 1


@as_root
def test_an_ordinary_user_runs_it_alone() -> None:
    """Forked and not started anew: the interpreter itself may live where that user cannot go."""
    nobody = pwd.getpwnam("nobody")
    programs = reachable(binaries(), nobody.pw_uid, nobody.pw_gid)
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 on a fork beside threads
            child = os.fork()
        if child == 0:
            code = 1
            try:
                os.setgroups([])
                os.setgid(nobody.pw_gid)
                os.setuid(nobody.pw_uid)
                os.environ["PG_BIN"] = str(programs)
                with Postgres(Path(folder) / "postgres") as server:
                    note(server, "mine")
                    code = 0 if notes(server) == ["mine"] else 2
            except BaseException:  # noqa: BLE001 — pytest must not go on in the child
                traceback.print_exc()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        assert leftovers(Path(folder) / "postgres" / "data") == []
