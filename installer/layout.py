"""Where the parts of a stack live in its data directory, and what `stack.json` remembers of it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

if sys.platform != "win32":
    import fcntl


class StackNotFound(Exception):
    """There is no stack in this directory; the message says what to do."""


class StackOptionsDiffer(Exception):
    """The stack in this directory was made with other options; the message names them."""


@dataclass(frozen=True)
class ChainOptions:
    """What a chain is made with; none of it can change once its first sale is booked."""

    timezone: str = "Asia/Ho_Chi_Minh"
    currency: str = "VND"
    prices_include_tax: bool = True


@dataclass
class Plan:
    """What `everopen up` runs in one data directory, and the secrets it made for that."""

    chain: ChainOptions
    hq_port: int
    hub_port: int
    store_ids: list[str]
    tills: int
    admin: dict[str, str]
    people: list[dict[str, str]]
    chain_set_up: bool = False
    demo_catalogue: bool = True


class Layout:
    """The folders and files below the data directory of a stack."""

    def __init__(self, data: Path) -> None:
        self.data = data.absolute()

    @property
    def plan_file(self) -> Path:
        """What the stack was made with; holds demo PINs, so only its owner reads it."""
        return self.data / "stack.json"

    @property
    def ready_file(self) -> Path:
        """The ready line of the run under way, plus the databases' URLs; gone when nothing runs."""
        return self.data / "run" / "ready.json"

    @property
    def postgres(self) -> Path:
        """The embedded cluster."""
        return self.data / "postgres"

    @property
    def hq(self) -> Path:
        """Head office's keys."""
        return self.data / "hq"

    def store(self, store_id: str) -> Path:
        """A hub's secret and files."""
        return self.data / "stores" / store_id

    def till(self, store_id: str, terminal_id: str) -> Path:
        """A till's journal and secret."""
        return self.data / "tills" / store_id / terminal_id

    def tills(self, store_id: str) -> list[Path]:
        """The directories of all tills the store has had here."""
        return sorted((self.data / "tills" / store_id).glob("*"))

    def log(self, name: str) -> Path:
        """What a program said."""
        return self.data / "logs" / f"{name}.log"

    def pid(self, name: str) -> Path:
        """The process id of a running program."""
        return self.data / "run" / f"{name}.pid"

    def make(self) -> None:
        """Make the folders every run needs."""
        for folder in (self.data, self.hq, self.data / "logs", self.data / "run"):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as refused:
                raise ValueError(
                    f"--data: no directory can be made at {folder}: {refused.strerror}"
                ) from None

    def claim(self) -> None:
        """Let no other run into this directory until this process ends; raises `ValueError`.

        The kernel gives the lock back however its holder ends.
        """
        if sys.platform == "win32":
            return
        lock = os.open(self.data / "run" / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise ValueError(
                f"{self.data} is in use by another run; stop that one first, or use another --data directory."
            ) from None

    def read_plan(self) -> Plan | None:
        """The plan of an earlier run; None in a new directory."""
        if not self.plan_file.exists():
            return None
        body = json.loads(self.plan_file.read_text())
        return Plan(**{**body, "chain": ChainOptions(**body["chain"])})

    def write_plan(self, plan: Plan) -> None:
        """Remember the plan; written whole or not at all."""
        write_private(self.plan_file, json.dumps(asdict(plan), ensure_ascii=False, indent=1))

    def read_ready(self) -> dict[str, Any]:
        """What runs here now; raises `StackNotFound`."""
        try:
            body = json.loads(self.ready_file.read_text())
        except FileNotFoundError:
            raise StackNotFound(
                f"Nothing runs in {self.data}. Start it first: everopen up --data {self.data}"
            ) from None
        assert isinstance(body, dict)
        return body


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, by rename, so that no reader sees half of it."""
    draft = file.with_name(file.name + ".new")
    with open(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    draft.replace(file)


def store_ids_from(text: str) -> list[str]:
    """`2` is that many stores with made-up ids; `367,406` (or `TF`, or `367,`) are the ids themselves."""
    if text.isdigit():
        count = int(text)
        if not 1 <= count <= 100:
            raise ValueError(f"--stores takes 1 to 100 stores or a list of ids, not {text}")
        return [f"STORE_{number:03d}" for number in range(1, count + 1)]
    ids = [part.strip() for part in text.split(",") if part.strip()]
    for store_id in ids:
        if (
            len(store_id) > 40
            or store_id.startswith(("-", "_"))
            or not store_id.replace("_", "").replace("-", "").isalnum()
            or not store_id.isascii()
        ):
            raise ValueError(
                f"a store id begins with a letter or digit, then letters, digits, - or _, not {store_id!r}"
            )
    if not ids or len(set(ids)) != len(ids):
        raise ValueError(f"--stores names each store once, for instance 367,406; it was {text!r}")
    return ids


def check_ports(hq_port: int, hub_port: int, stores: int) -> None:
    """Refuse ports that there are not, and two programs on one port; raises `ValueError`."""
    for option, first, count in (("--hq-port", hq_port, 1), ("--hub-port", hub_port, stores)):
        if not 1 <= first <= 65536 - count:
            raise ValueError(f"{option} takes a port from 1 to {65536 - count}, not {first}")
    if hub_port <= hq_port < hub_port + stores:
        raise ValueError(f"--hq-port {hq_port} is also the port of a hub; the hubs count up from {hub_port}")


def terminal_ids(tills: int) -> list[str]:
    """The terminal ids of a store with this many tills."""
    return [f"POS_{number:02d}" for number in range(1, tills + 1)]


def differing(plan: Plan, chain: ChainOptions, given: Sequence[str]) -> None:
    """Refuse to run an existing chain under other books; raises `StackOptionsDiffer`."""
    for name in given:
        if getattr(plan.chain, name) != getattr(chain, name):
            raise StackOptionsDiffer(
                f"This stack was made with {name} = {getattr(plan.chain, name)}, not {getattr(chain, name)}. "
                "Leave the option out, or use another --data directory."
            )
