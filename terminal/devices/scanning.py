"""The scanner besides the one that types, as the settings name it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from terminal.devices.camera import Camera, frames_of
from terminal.devices.serial_scanner import SerialLine, SerialScanner


class ScanSource(Protocol):
    """Scans come from it between `start` and `stop`, from a thread of its own."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End."""


def scan_source(setting: str, scanned: Callable[[str], None]) -> ScanSource:
    """`serial:/dev/ttyACM0@9600`, or `camera:` and a picture that is rewritten or a folder of pictures.

    Raises ValueError for anything else.
    """
    kind, _, where = setting.partition(":")
    if kind == "serial":
        return SerialScanner(SerialLine.from_text(where), scanned)
    if kind == "camera" and where:
        return Camera(frames_of(Path(where)), scanned)
    raise ValueError(f"{setting!r} is neither serial:DEVICE@BAUD nor camera:PATH")
