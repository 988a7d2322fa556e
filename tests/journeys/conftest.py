"""A real stack in a directory of its own: the `everopen` command, real processes, real Postgres."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Any

import pytest

READY_SECONDS = 180

FIRST_PORT = 21_000
PORTS_OF_A_WORKER = 1_000


def _worker() -> int:
    """Which of pytest-xdist's processes this is; 0 where there is only one."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def run_of_ports(count: int) -> int:
    """The first of so many free ports in a row (hub ports count up).

    Each test process looks in a range of its own, because two that look at once find the same, and below
    the ports that the machine gives away by itself, where a killed program could not have its own back.
    """
    begin = FIRST_PORT + PORTS_OF_A_WORKER * _worker()
    for first in range(begin, begin + PORTS_OF_A_WORKER - count, count + 7):
        taken = False
        for port in range(first, first + count):
            with closing(socket()) as probe:
                taken = taken or probe.connect_ex(("127.0.0.1", port)) == 0
        if not taken:
            return first
    raise AssertionError("no free ports")


def everopen(*arguments: str) -> list[str]:
    """The command line of the `everopen` command of this environment."""
    return [sys.executable, "-m", "installer.standalone", *arguments]


@dataclass
class RunningStack:
    """`everopen up` in a child process; `ready` is the line it printed."""

    data: Path
    process: subprocess.Popen[str]
    ready: dict[str, Any]

    def pid(self, name: str) -> int:
        """The process id of a part: `hq`, `hub_STORE_001`, `postgres`, `till_STORE_001_POS_01`."""
        return int((self.data / "run" / f"{name}.pid").read_text())

    def kill(self, name: str) -> None:
        """End a part as a power cut would."""
        os.kill(self.pid(name), signal.SIGKILL)

    def stop(self) -> int:
        """End the stack in order; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


StartStack = Callable[..., RunningStack]


@pytest.fixture
def start_stack(tmp_path: Path) -> Iterator[StartStack]:
    """Start a stack with the given options; everything ends with the test."""
    stacks: list[RunningStack] = []

    def start(*options: str, data: Path | None = None, hubs: int = 2) -> RunningStack:
        folder = data or tmp_path / "chain"
        first = run_of_ports(1 + hubs)
        ports = ("--hq-port", str(first), "--hub-port", str(first + 1))
        with (tmp_path / "up.log").open("ab") as words:
            process = subprocess.Popen(
                everopen("up", "--data", str(folder), *ports, *options),
                stdout=subprocess.PIPE,
                stderr=words,
                text=True,
            )
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"everopen up ended: {(tmp_path / 'up.log').read_text()[-2000:]}"
        stacks.append(RunningStack(folder, process, json.loads(line)))
        return stacks[-1]

    yield start
    for stack in stacks:
        stack.stop()
        assert stack.process.stdout is not None
        stack.process.stdout.close()
