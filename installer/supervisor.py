"""Keeps the programs of a stack running: starts them, starts them again, ends them all with itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from installer.leash import leash

STOP_SECONDS = 15.0
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
HEALTHY_SECONDS = 10.0


@dataclass
class Program:
    """One child process: what to run, where its words go, and how its last starts went."""

    name: str
    arguments: list[str]
    environment: Mapping[str, str]
    log_file: Path
    pid_file: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE_SECONDS
    start_again: float = 0.0

    def start(self) -> None:
        """Start the program; its output is appended to its log file."""
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.arguments],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=leash(),  # noqa: PLW1509 - nothing else runs between fork and exec
                cwd="/",
            )
        self.started = time.monotonic()
        self.pid_file.write_text(str(self.process.pid))

    def ask_to_stop(self) -> None:
        """Ask the program to end in order."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def wait_for_end(self, seconds: float) -> None:
        """Wait for the end; a program that does not come to it is killed (it loses nothing by that)."""
        if self.process is None:
            return
        try:
            self.process.wait(max(seconds, 0.0))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.pid_file.unlink(missing_ok=True)


class Supervisor:
    """Watches the programs it was given; `watch` is called again and again by the one who owns the loop."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._programs: list[Program] = []
        self._say = say

    def run(self, program: Program) -> None:
        """Start a program and watch it from now on."""
        program.start()
        self._programs.append(program)

    def watch(self) -> None:
        """Start again whatever has died, with growing pauses for one that dies at once."""
        now = time.monotonic()
        for program in self._programs:
            if program.process is None:
                if now >= program.start_again:
                    program.start()
                continue
            code = program.process.poll()
            if code is None:
                if now - program.started > HEALTHY_SECONDS:
                    program.pause = FIRST_PAUSE_SECONDS
                continue
            self._say(f"{program.name} ended ({code}); starting it again (see {program.log_file})")
            program.process = None
            program.start_again = now + program.pause
            program.pause = min(program.pause * 2, LONGEST_PAUSE_SECONDS)

    def stop(self) -> None:
        """End all programs, the last started first."""
        for program in reversed(self._programs):
            program.ask_to_stop()
        deadline = time.monotonic() + STOP_SECONDS
        for program in reversed(self._programs):
            program.wait_for_end(deadline - time.monotonic())
        self._programs.clear()
