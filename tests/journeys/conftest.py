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


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on at this moment."""
    sockets = [socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def run_of_ports(count: int) -> int:
    """The first of so many free ports in a row (hub ports count up)."""
    for first in range(21000, 60000, count + 7):
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
        ports = ("--hq-port", str(free_ports(1)[0]), "--hub-port", str(run_of_ports(hubs)))
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
