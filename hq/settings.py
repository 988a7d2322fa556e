"""Head office's settings, read once at the start from the environment and an optional TOML file.

A bad value stops the start with a sentence that names the key and an example.
"""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any

from retail.calendar import zone_of
from retail.money import currency_of
from retail.refusal import Refusal

PREFIX = "HQ_"


class SettingsRefused(Exception):
    """A setting is missing or makes no sense; the message is a sentence for whoever starts the program."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment (`HQ_…`) or the TOML file (the same names, lower case, without `HQ_`) says.

    `timezone`, `currency` and `prices_include_tax` are the chain's settings at its very first start;
    afterwards `PUT /v1/settings/{name}` changes them. Several instances of one chain share the database
    and the files of `data_dir` (the key that signs tokens).
    """

    database_url: str
    data_dir: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    admin_employee_id: str | None = None
    admin_pin: str | None = None
    timezone: str = "Asia/Ho_Chi_Minh"
    currency: str = "VND"
    prices_include_tax: bool = True
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    backup_dir: Path | None = None
    backup_at: time = time(2, 30)
    backups_kept: int = 14

    def __repr__(self) -> str:
        """Without the password of the database and the PIN, so that no log can hold them."""
        return f"Settings(host={self.host!r}, port={self.port}, data_dir={self.data_dir!s})"

    @classmethod
    def load(cls, environment: Mapping[str, str], file: Path | None = None) -> Settings:
        """Read the settings; the environment goes before the file. Raises `SettingsRefused`."""
        given: dict[str, Any] = _read_file(file) if file else {}
        for name in _READERS:
            if text := environment.get(PREFIX + name.upper(), ""):
                given[name] = text
        if "database_url" not in given:
            raise SettingsRefused(
                "HQ_DATABASE_URL is missing: the Postgres database of head office, for example "
                "HQ_DATABASE_URL=postgresql://hq:secret@127.0.0.1:5432/hq"
            )
        settings = cls(**{name: _READERS[name](name, value) for name, value in given.items()})
        _check_together(settings)
        return settings


def _check_together(settings: Settings) -> None:
    if (settings.admin_employee_id is None) != (settings.admin_pin is None):
        raise SettingsRefused(
            "HQ_ADMIN_EMPLOYEE_ID and HQ_ADMIN_PIN belong together, for example "
            "HQ_ADMIN_EMPLOYEE_ID=ADMIN_001 HQ_ADMIN_PIN=274911"
        )
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise SettingsRefused(
            "HQ_TLS_CERTIFICATE and HQ_TLS_KEY belong together, for example "
            "HQ_TLS_CERTIFICATE=/etc/everopen/hq.pem HQ_TLS_KEY=/etc/everopen/hq.key"
        )
    if settings.tls_certificate is None and not is_loopback(settings.host):
        raise SettingsRefused(
            f"HQ_HOST={settings.host} can be reached by other machines, which is only spoken to by TLS 1.3: "
            "set HQ_TLS_CERTIFICATE and HQ_TLS_KEY, or HQ_HOST=127.0.0.1 behind a proxy on this machine"
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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
    if not isinstance(value, str) or not value.strip():
        raise _refused(name, value, "text", "ADMIN_001" if name == "admin_employee_id" else "127.0.0.1")
    return value.strip()


def _url(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.startswith(("postgresql://", "postgresql+psycopg://")):
        raise _refused(name, value, "a Postgres URL", "postgresql://hq:secret@127.0.0.1:5432/hq")
    return value


def _port(name: str, value: object) -> int:
    text = str(value)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise _refused(name, value, "a port from 1 to 65535", 8000)
    return int(text)


def _pin(name: str, value: object) -> str:
    text = str(value)
    if not text.isascii() or not text.isdigit() or not 4 <= len(text) <= 12:
        raise _refused(name, value, "a PIN of 4 to 12 digits", 274911)
    return text


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
    if not isinstance(value, str):
        raise _refused(name, value, "a path", "/var/lib/everopen/hq")
    return Path(value)


def _boolean(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    try:
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[
            str(value).lower()
        ]
    except KeyError:
        raise _refused(name, value, "true or false", "true") from None


def _zone(name: str, value: object) -> str:
    try:
        return zone_of(_text(name, value)).key
    except Refusal:
        raise _refused(name, value, "an IANA time zone", "Asia/Ho_Chi_Minh") from None


def _currency(name: str, value: object) -> str:
    try:
        return currency_of(_text(name, value)).code
    except Refusal:
        raise _refused(name, value, "a currency Everopen can write", "VND") from None


_SECRETS = frozenset({"database_url", "admin_pin"})
_READERS: dict[str, Callable[[str, object], Any]] = {
    "database_url": _url,
    "data_dir": _path,
    "host": _text,
    "port": _port,
    "admin_employee_id": _text,
    "admin_pin": _pin,
    "timezone": _zone,
    "currency": _currency,
    "prices_include_tax": _boolean,
    "tls_certificate": _path,
    "tls_key": _path,
    "backup_dir": _path,
    "backup_at": _hour,
    "backups_kept": _number,
}
