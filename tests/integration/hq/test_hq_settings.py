"""Settings: every one is read, and a bad one stops the start with a sentence that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hq.bootstrap import main
from hq.people.tokens import KEY_FILE, KeyNotUsable, load_key
from hq.settings import Settings, SettingsRefused

URL = "postgresql://hq:hidden@127.0.0.1:5432/hq"
GOOD = {"HQ_DATABASE_URL": URL}


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "hq.toml"
    file.write_text(
        f'database_url = "{URL}"\nport = 9000\nprices_include_tax = false\ntimezone = "Asia/Taipei"\n'
    )

    settings = Settings.load({"HQ_PORT": "9001", "HQ_CURRENCY": "TWD", "HQ_HOST": ""}, file)

    assert (settings.port, settings.timezone, settings.currency) == (9001, "Asia/Taipei", "TWD")
    assert (settings.prices_include_tax, settings.host) == (False, "127.0.0.1")
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "HQ_DATABASE_URL is missing"),
        ({"HQ_DATABASE_URL": "mysql://hq:hidden@x/y"}, "HQ_DATABASE_URL: this value is not a Postgres URL"),
        (
            {**GOOD, "HQ_PORT": "80000"},
            "HQ_PORT: '80000' is not a port from 1 to 65535, for example HQ_PORT=8000",
        ),
        ({**GOOD, "HQ_TIMEZONE": "Hanoi"}, "HQ_TIMEZONE: 'Hanoi' is not an IANA time zone"),
        ({**GOOD, "HQ_CURRENCY": "VNĐ"}, "HQ_CURRENCY: 'VNĐ' is not a currency"),
        ({**GOOD, "HQ_PRICES_INCLUDE_TAX": "maybe"}, "HQ_PRICES_INCLUDE_TAX: 'maybe' is not true or false"),
        ({**GOOD, "HQ_ADMIN_EMPLOYEE_ID": "A"}, "HQ_ADMIN_EMPLOYEE_ID and HQ_ADMIN_PIN belong together"),
        (
            {**GOOD, "HQ_ADMIN_EMPLOYEE_ID": "A", "HQ_ADMIN_PIN": "secret"},
            "HQ_ADMIN_PIN: this value is not a PIN",
        ),
        ({**GOOD, "HQ_HOST": "0.0.0.0"}, "HQ_HOST=0.0.0.0 can be reached by other machines"),
        ({**GOOD, "HQ_TLS_KEY": "key.pem"}, "HQ_TLS_CERTIFICATE and HQ_TLS_KEY belong together"),
    ],
)
def test_a_bad_setting_is_a_sentence(environment: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        Settings.load(environment)

    assert str(refused.value).startswith(words)
    assert "hidden" not in str(refused.value)
    assert "for example" in str(refused.value) or "HQ_HOST" in words


def test_a_file_with_a_setting_that_there_is_not_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "hq.toml"
    file.write_text("prot = 9000\n")

    with pytest.raises(SettingsRefused, match="there is no setting prot"):
        Settings.load(GOOD, file)


def test_the_program_says_what_is_wrong_and_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HQ_DATABASE_URL", URL)
    monkeypatch.setenv("HQ_PORT", "none")

    assert main(["serve"]) == 2
    assert capsys.readouterr().err.startswith("hq: HQ_PORT: 'none' is not a port")


def test_a_signing_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    load_key(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o644)

    with pytest.raises(KeyNotUsable, match="can be read by others"):
        load_key(tmp_path)


def test_a_broken_signing_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).touch(0o600)

    with pytest.raises(KeyNotUsable, match="does not hold a key"):
        load_key(tmp_path)
