"""From the start of the program to the sign-in page, in a process of its own."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench.counter import enrolled_till
from bench.figures import Figure
from bench.machine import workshop

STARTS = 5
PRODUCTS = 12_854
SHOWN = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pathlib import Path
{program}
print(time.time(), flush=True)
"""
BARE = SHOWN.format(
    program="""
from PySide6.QtWidgets import QWidget
application = QApplication([])
window = QWidget()
window.show()
application.processEvents()
"""
)
OURS = SHOWN.format(
    program="""
from terminal.bootstrap import build_till, opened_window
from terminal.settings import Settings
application = QApplication([])
folder, hub = Path(sys.argv[1]), sys.argv[2]
till = build_till(folder, hub)
with opened_window(till, Settings(data_dir=folder, hub_url=hub, windowed=True)) as window:
    while not window.page.isVisible():
        application.processEvents()
    application.processEvents()
    shown = time.time()
till.close()
"""
).replace("print(time.time()", "print(shown")


def run() -> list[Figure]:
    """Seconds until the page is painted, against a window with nothing in it."""
    with workshop() as folder, enrolled_till(folder, PRODUCTS) as hub_url:
        ours, bare = [], []
        for _ in range(STARTS):
            bare.append(_start(BARE))
            ours.append(_start(OURS, str(folder / "till"), hub_url))
    value, floor = statistics.median(ours), statistics.median(bare)
    return [Figure("till: start to sign-in", value, "s", floor, value / floor, STARTS, "< 2 s")]


def _start(program: str, *arguments: str) -> float:
    began = time.time()
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return float(ended.stdout.strip().splitlines()[-1]) - began
