"""Codes in pictures: a camera's frames are read by zxing-cpp, DataMatrix and QR among them.

Where frames come from is a small port (`Frames`). `PictureFile` takes a picture that another program keeps
rewriting (a camera's snapshot), `PictureFolder` the pictures that are put into a folder, one after the other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import structlog
import zxingcpp
from PySide6.QtGui import QImage

log = structlog.stdlib.get_logger("terminal.devices")

FRAME_SECONDS = 0.15
GONE_AFTER_FRAMES = 5
"""A code that was not seen in so many frames has gone: seen again, it is another scan."""

PICTURES = (".bmp", ".jpeg", ".jpg", ".pgm", ".png")


class Frames(Protocol):
    """A source of pictures."""

    def next(self) -> QImage | None:
        """The next picture, None when there is no new one."""


class PictureFile:
    """One file that is rewritten again and again."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: tuple[int, int] | None = None

    def next(self) -> QImage | None:
        """The picture, when the file has changed."""
        try:
            found = self._file.stat()
        except OSError:
            return None
        if (found.st_mtime_ns, found.st_size) == self._seen:
            return None
        image = QImage(str(self._file))
        if image.isNull():
            return None  # half written; it is looked at again
        self._seen = (found.st_mtime_ns, found.st_size)
        return image


class PictureFolder:
    """Pictures in the order of their names, each once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: set[Path] = set()

    def next(self) -> QImage | None:
        """The first picture that was not looked at yet."""
        try:
            files = sorted(file for file in self._folder.iterdir() if file.suffix.lower() in PICTURES)
        except OSError:
            return None
        for file in files:
            if file not in self._seen:
                image = QImage(str(file))
                if not image.isNull():
                    self._seen.add(file)
                    return image
        return None


def frames_of(path: Path) -> Frames:
    """The frames of a folder, or of a file that is rewritten."""
    return PictureFolder(path) if path.is_dir() else PictureFile(path)


def codes_in(image: QImage) -> list[str]:
    """What the codes of a picture say, as a scanner would send it: GS1 codes with their identifier."""
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    found = zxingcpp.read_barcodes(grey, text_mode=zxingcpp.TextMode.Plain)
    return [_said(code) for code in found if code.valid and code.text]


def _said(code: zxingcpp.Barcode) -> str:
    gs1 = code.content_type == zxingcpp.ContentType.GS1
    return f"{code.symbology_identifier}{code.text}" if gs1 else str(code.text)


class Camera:
    """Looks at frames from `start` to `stop`; `scanned` is called from its thread, once for a code that
    stays in the picture."""

    def __init__(
        self, frames: Frames, scanned: Callable[[str], None], *, frame_seconds: float = FRAME_SECONDS
    ) -> None:
        self._frames = frames
        self._scanned = scanned
        self._frame_seconds = frame_seconds
        self._unseen: dict[str, int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; does nothing the second time."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> bool:
        """Look at the next frame; False when there is none."""
        image = self._frames.next()
        if image is None:
            return False
        seen = set(codes_in(image))
        for code in sorted(seen - self._unseen.keys()):
            self._scanned(code)
        self._unseen = {
            code: 0 if code in seen else frames + 1
            for code, frames in (self._unseen | dict.fromkeys(seen, 0)).items()
            if code in seen or frames + 1 < GONE_AFTER_FRAMES
        }
        return True

    def _run(self) -> None:
        while not self._stop.wait(self._frame_seconds):
            try:
                self.look()
            except (ValueError, RuntimeError) as broken:
                log.warning("picture not readable", error=str(broken))
