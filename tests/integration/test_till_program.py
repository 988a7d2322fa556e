"""The program `terminal` as a person starts it: what it says when it cannot start, and that it stops."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from terminal import bootstrap
from terminal.settings import BadSetting, Settings, load
from terminal.till.lock import TillLock
from tests.hub_of_the_till import CODE, HubOfTheTill
from tests.patience import eventually
from tests.tills import SHOP

ROOT = Path(__file__).parents[2]
GIVEN = {"data_dir": "/var/till", "hub_url": "http://127.0.0.1:8100"}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubOfTheTill]:
    hub = HubOfTheTill(tmp_path / "hub.sqlite")
    hub.publish(SHOP)
    yield hub
    hub.close()


def terminal(*arguments: str, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "terminal.bootstrap", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **env},
    )


def ended(*arguments: str, **env: str) -> tuple[int, str]:
    """Exit code and complaint of a start that cannot work."""
    process = terminal(*arguments, **env)
    _, complaint = process.communicate(timeout=60)
    return process.returncode, complaint


def test_the_window_opens_on_an_enrolled_till_and_closes_when_told(hub, tmp_path):
    folder = tmp_path / "till"
    log = folder / "terminal.log"
    process = terminal("--data", str(folder), "--hub", hub.url, "--enrolment-code", CODE, "--windowed")
    eventually(lambda: log.exists() and '"news applied"' in log.read_text())
    eventually(lambda: hub.pokes.listeners == 1)

    process.send_signal(signal.SIGTERM)
    out, complaint = process.communicate(timeout=60)

    assert (process.returncode, out, complaint) == (0, "", "")
    lines = [orjson.loads(line) for line in log.read_text().splitlines()]
    assert {line["level"] for line in lines} == {"info"}
    assert CODE not in log.read_text()
    TillLock(folder).close()


def test_where_every_thread_was_when_a_library_broke_is_on_the_disk(hub, tmp_path):
    folder = tmp_path / "till"
    process = terminal("--data", str(folder), "--hub", hub.url, "--enrolment-code", CODE, "--windowed")
    eventually(lambda: hub.pokes.listeners == 1)

    process.send_signal(signal.SIGSEGV)
    process.communicate(timeout=60)

    told = (folder / "crash.log").read_text()
    assert "Segmentation fault" in told
    assert "Current thread" in told
    assert "terminal/bootstrap.py" in told


def test_a_till_that_is_open_says_so_to_the_next_program(tmp_path):
    lock = TillLock(tmp_path)

    code, complaint = ended("--data", str(tmp_path), "--hub", "http://127.0.0.1:1")

    assert code == 2
    assert complaint == f"This till is open already: another program works in {tmp_path}.\n"
    lock.close()


def test_a_new_till_without_a_code_says_where_to_get_one(tmp_path):
    code, complaint = ended("--data", str(tmp_path), "--hub", "http://127.0.0.1:1")

    assert code == 2
    assert "--enrolment-code" in complaint


def test_a_hub_that_is_away_at_enrolment_is_named(tmp_path):
    code, complaint = ended("--data", str(tmp_path), "--hub", "http://127.0.0.1:1", "--enrolment-code", "X")

    assert code == 2
    assert "the hub cannot be reached" in complaint


def test_the_environment_is_read_and_a_bad_value_is_named_with_an_example(tmp_path):
    code, complaint = ended(TERMINAL_DATA_DIR=str(tmp_path), TERMINAL_HUB_URL="http://hub.example:8100")

    assert code == 2
    assert "hub_url" in complaint
    assert "https" in complaint
    assert "TERMINAL_HUB_URL=https://" in complaint


def test_every_refusal_to_start_has_its_sentence():
    from terminal.till import disk, enrolment, journal, lock

    codes = {
        refusal.code
        for module in (disk, enrolment, journal, lock)
        for refusal in vars(module).values()
        if isinstance(refusal, type) and refusal.__module__ == module.__name__ and hasattr(refusal, "code")
    }

    assert codes - {"already-sold"} == set(bootstrap.SENTENCES)


def test_the_command_line_goes_before_the_environment_and_that_before_the_file(tmp_path):
    file = tmp_path / "till.toml"
    file.write_text('data_dir = "/file"\nhub_url = "http://127.0.0.1:1"\nlanguage = "en"\n')

    settings = load(
        {"TERMINAL_HUB_URL": "http://127.0.0.1:2"}, file, {"data_dir": "/given", "language": None}
    )

    assert settings == Settings(Path("/given"), "http://127.0.0.1:2", language="en")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hub_url", "hub"),
        ("hub_url", "ftp://127.0.0.1"),
        ("hub_url", "http://10.0.0.5:8100"),
        ("language", "fr"),
        ("windowed", "perhaps"),
        ("ca_file", "/nowhere/ca.pem"),
        ("colour", "blue"),
    ],
)
def test_a_bad_setting_stops_the_start_with_its_name(name, value):
    with pytest.raises(BadSetting, match=name):
        load({}, None, {**GIVEN, name: value})


@pytest.mark.parametrize("name", ["data_dir", "hub_url"])
def test_a_missing_setting_is_named(name):
    with pytest.raises(BadSetting, match=f"TERMINAL_{name.upper()}="):
        load({}, None, {other: value for other, value in GIVEN.items() if other != name})


def test_a_broken_settings_file_is_named(tmp_path):
    file = tmp_path / "till.toml"
    file.write_text("data_dir = ")

    with pytest.raises(BadSetting, match=r"till\.toml"):
        load({}, file)


def test_secrets_do_not_show_in_what_is_printed():
    settings = load({}, None, {**GIVEN, "enrolment_code": "K7QM"})

    assert "K7QM" not in repr(settings)
