"""The hub's settings, read once at the start from the environment and an optional TOML file.

A bad value stops the start with a sentence that names the key and an example.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any

PREFIX = "STOREHUB_"


class SettingsRefused(Exception):
    """A setting is missing or makes no sense; the message is a sentence for whoever starts the program."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment (`STOREHUB_…`) or the TOML file (the same names, lower case, no prefix) says.

    `data_dir` holds the key that signs tokens. `secret_file` holds the hub's secret at head office
    (default: `hq-secret` in `data_dir`); `enrolment_code` fetches it at the first start. `hq_url` empty:
    a hub without head office. `printer` and `second_printer` as `storehub.printers.setting` reads them.
    """

    database_url: str
    store_id: str
    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8100
    hq_url: str = ""
    secret_file: Path | None = None
    enrolment_code: str = ""
    printer: str = ""
    second_printer: str = ""
    receipt_language: str = "vi"
    simulated_capture_seconds: float = 2.0
    ping_seconds: float | None = None
    ca_file: Path | None = None
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    backup_dir: Path | None = None
    backup_at: time = time(2, 30)
    backups_kept: int = 14

    def __repr__(self) -> str:
        """Without the password of the database and the enrolment code, so that no log can hold them."""
        return f"Settings({self.store_id!r}, {self.host}:{self.port}, data_dir={str(self.data_dir)!r})"

    @property
    def hq_secret_file(self) -> Path:
        """Where the hub's secret at head office is kept."""
        return self.secret_file or self.data_dir / "hq-secret"

    @classmethod
    def load(cls, environment: Mapping[str, str], file: Path | None = None) -> Settings:
        """Read the settings; the environment goes before the file. Raises `SettingsRefused`."""
        given: dict[str, Any] = _read_file(file) if file else {}
        for name in _READERS:
            if text := environment.get(PREFIX + name.upper(), ""):
                given[name] = text
        for name, (meaning, example) in _NEEDED.items():
            if name not in given:
                key = PREFIX + name.upper()
                raise SettingsRefused(f"{key} is missing: {meaning}, for example {key}={example}")
        settings = cls(**{name: _READERS[name](name, value) for name, value in given.items()})
        _check_together(settings)
        return settings


def database_url(environment: Mapping[str, str], file: Path | None = None) -> str:
    """The address of the database alone, for commands that need nothing else. Raises `SettingsRefused`."""
    given = _read_file(file) if file else {}
    if text := environment.get("STOREHUB_DATABASE_URL", ""):
        given["database_url"] = text
    if "database_url" not in given:
        meaning, example = _NEEDED["database_url"]
        raise SettingsRefused(
            f"STOREHUB_DATABASE_URL is missing: {meaning}, for example STOREHUB_DATABASE_URL={example}"
        )
    return _database("database_url", given["database_url"])


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_together(settings: Settings) -> None:
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise SettingsRefused(
            "STOREHUB_TLS_CERTIFICATE and STOREHUB_TLS_KEY belong together, for example "
            "STOREHUB_TLS_CERTIFICATE=/etc/everopen/hub.pem STOREHUB_TLS_KEY=/etc/everopen/hub.key"
        )
    if settings.tls_certificate is None and not is_loopback(settings.host):
        raise SettingsRefused(
            f"STOREHUB_HOST={settings.host} can be reached by other machines, which are only spoken to by "
            "TLS 1.3: set STOREHUB_TLS_CERTIFICATE and STOREHUB_TLS_KEY, or STOREHUB_HOST=127.0.0.1 behind "
            "a proxy on this machine"
        )


def _read_file(file: Path) -> dict[str, Any]:
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as unreadable:
        raise SettingsRefused(f"The settings file {file} cannot be read: {unreadable}") from unreadable
    for name in given:
        if name not in _READERS:
            raise SettingsRefused(f"{file}: there is no setting {name}; there are {', '.join(_READERS)}")
    return given


def _refused(name: str, value: object, wanted: str, example: object) -> SettingsRefused:
    shown = "this value" if name in _SECRETS else repr(value)
    key = PREFIX + name.upper()
    return SettingsRefused(f"{key}: {shown} is not {wanted}, for example {key}={example}")


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _refused(name, value, "text", "127.0.0.1")
    return value.strip()


def _database(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.startswith(("postgresql://", "postgresql+psycopg://")):
        raise _refused(name, value, "a Postgres URL", _NEEDED["database_url"][1])
    return value


def _store(name: str, value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,50}", value):
        raise _refused(name, value, "letters, digits, _ and - (50 at most)", "STORE_001")
    return value


def _http(name: str, value: object) -> str:
    if not isinstance(value, str) or not re.match(r"https?://[^/]", value):
        raise _refused(name, value, "an address of head office", "https://hq.example.com")
    return value.rstrip("/")


def _port(name: str, value: object) -> int:
    text = str(value)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise _refused(name, value, "a port from 1 to 65535", 8100)
    return int(text)


def _seconds(name: str, value: object) -> float:
    try:
        seconds = float(str(value))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 86_400:
        raise _refused(name, value, "a number of seconds", 2)
    return seconds


def _language(name: str, value: object) -> str:
    if value not in ("vi", "en"):
        raise _refused(name, value, "vi or en", "vi")
    return str(value)


def _hour(name: str, value: object) -> time:
    try:
        return time.fromisoformat(str(value)).replace(tzinfo=None)
    except ValueError:
        raise _refused(name, value, "a time of day", "02:30") from None


def _number(name: str, value: object) -> int:
    text = str(value)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1000:
        raise _refused(name, value, "a number from 1 to 1000", 14)
    return int(text)


def _path(name: str, value: object) -> Path:
    if not isinstance(value, str) or not value.strip():
        raise _refused(name, value, "a path", "/var/lib/everopen/hub")
    return Path(value)


_SECRETS = frozenset({"database_url", "enrolment_code"})
_NEEDED = {
    "database_url": (
        "the Postgres database of this store",
        "postgresql://hub:secret@127.0.0.1:5432/hub",
    ),
    "store_id": ("the id this store has at head office", "STORE_001"),
    "data_dir": ("the folder for the hub's keys and secrets", "/var/lib/everopen/hub"),
}
_READERS: dict[str, Callable[[str, object], Any]] = {
    "database_url": _database,
    "store_id": _store,
    "data_dir": _path,
    "host": _text,
    "port": _port,
    "hq_url": _http,
    "secret_file": _path,
    "enrolment_code": _text,
    "printer": _text,
    "second_printer": _text,
    "receipt_language": _language,
    "simulated_capture_seconds": _seconds,
    "ping_seconds": _seconds,
    "ca_file": _path,
    "tls_certificate": _path,
    "tls_key": _path,
    "backup_dir": _path,
    "backup_at": _hour,
    "backups_kept": _number,
}
