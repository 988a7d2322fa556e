"""The till's settings: environment `TERMINAL_…` or a TOML file, read once at the start."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class BadSetting(Exception):
    """A setting is missing or wrong; the message names it and gives an example."""


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """Everything a till is told from outside; what the chain decides comes with the news instead.

    `data_dir` holds journal, catalogue and secret. `enrolment_code` is needed once. `language` is
    `vi` or `en`. `windowed`: a window instead of the whole screen. `ca_file`: certificates to trust
    instead of the machine's. `customer_display`: auto (on the second screen when there is one), window
    or off; `idle_pictures` is a folder of the store's own pictures for it. `sound_volume` 0 (silent) to 100.
    `scanner`: one besides those that type, `serial:…` or `camera:…`.
    """

    data_dir: Path
    hub_url: str
    enrolment_code: str = ""
    language: str = "vi"
    windowed: bool = False
    ca_file: str | None = None
    customer_display: str = "auto"
    idle_pictures: Path | None = None
    sound_volume: int = 70
    scanner: str = ""

    def __repr__(self) -> str:
        """Without the enrolment code."""
        return f"Settings({self.data_dir}, {self.hub_url})"


def load(
    env: Mapping[str, str], file: Path | None = None, given: Mapping[str, Any] | None = None
) -> Settings:
    """The settings; what is `given` (a command line) goes before `env`, `env` before the file.

    Raises `BadSetting`.
    """
    values: dict[str, Any] = _from_file(file) if file else {}
    for name in READERS:
        if env.get(f"TERMINAL_{name.upper()}"):
            values[name] = env[f"TERMINAL_{name.upper()}"]
    values.update({name: value for name, value in (given or {}).items() if value is not None})
    for name in ("data_dir", "hub_url"):
        if name not in values:
            raise BadSetting(_sentence(name, "is missing"))
    read = {}
    for name, value in values.items():
        if name not in READERS:
            raise BadSetting(f"the till has no setting {name}; it has {', '.join(READERS)}")
        try:
            read[name] = READERS[name](value)
        except ValueError as wrong:
            raise BadSetting(_sentence(name, str(wrong))) from None
    return Settings(**read)


def _from_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as broken:
        raise BadSetting(f"{file}: {broken}") from None


def _hub_url(value: Any) -> str:
    url = urlsplit(str(value))
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError(f"{value!r} is no address")
    if url.scheme == "http" and not _is_loopback(url.hostname):
        raise ValueError(f"{value!r} leaves this machine, which takes https")
    return str(value).rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _language(value: Any) -> str:
    if value not in ("vi", "en"):
        raise ValueError(f"{value!r} is no language of the till")
    return str(value)


def _flag(value: Any) -> bool:
    flags = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if str(value).lower() not in flags:
        raise ValueError(f"{value!r} is neither true nor false")
    return flags[str(value).lower()]


def _customer_display(value: Any) -> str:
    if value not in ("auto", "window", "off"):
        raise ValueError(f"{value!r} is neither auto nor window nor off")
    return str(value)


def _folder(value: Any) -> Path:
    folder = Path(value).expanduser()
    if not folder.is_dir():
        raise ValueError(f"there is no folder {value}")
    return folder


def _volume(value: Any) -> int:
    if not str(value).isdecimal() or int(value) > 100:
        raise ValueError(f"{value!r} is no number from 0 to 100")
    return int(value)


def _ca_file(value: Any) -> str:
    if not Path(value).is_file():
        raise ValueError(f"there is no file {value}")
    return str(value)


def _scanner(value: Any) -> str:
    kind, _, where = str(value).partition(":")
    device, _, baud = where.partition("@")
    if value and (kind not in ("serial", "camera") or not device or not (not baud or baud.isdigit())):
        raise ValueError(f"{value!r} names no scanner")
    return str(value)


READERS: dict[str, Callable[[Any], Any]] = {
    "data_dir": lambda value: Path(value).expanduser(),
    "hub_url": _hub_url,
    "enrolment_code": str,
    "language": _language,
    "windowed": _flag,
    "ca_file": _ca_file,
    "customer_display": _customer_display,
    "idle_pictures": _folder,
    "sound_volume": _volume,
    "scanner": _scanner,
}
EXAMPLES = {
    "data_dir": "/var/lib/everopen/till",
    "hub_url": "https://hub.store-001.example:8100",
    "enrolment_code": "K7QM-2F9T",
    "language": "vi",
    "windowed": "true",
    "ca_file": "/etc/everopen/ca.pem",
    "customer_display": "window",
    "idle_pictures": "/var/lib/everopen/pictures",
    "sound_volume": "70",
    "scanner": "serial:/dev/ttyACM0@9600",
}


def _sentence(name: str, what: str) -> str:
    return f"{name}: {what}. Set TERMINAL_{name.upper()}={EXAMPLES[name]}"
