"""What the customer display shows between two customers: pictures that follow each other, and a welcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from importlib.resources import as_file, files
from pathlib import Path

import structlog
from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QImageReader, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from terminal.background import Background, Lane
from terminal.widgets.look import Look, of_kind
from terminal.widgets.text import CENTRE, SEMI_BOLD, Words, sizes
from terminal.wording import Wording

log = structlog.stdlib.get_logger("terminal.customer")

NEXT_MS = 8_000
PICTURES = (".jpeg", ".jpg", ".png", ".svg")
PICTURES_MAX = 20
BAND = 96


def pictures_in(folder: Path | None) -> tuple[Path, ...]:
    """The pictures of a store's own folder by name; ours where it has none."""
    try:
        own = sorted(folder.iterdir()) if folder is not None else []
    except OSError as away:
        log.warning("idle pictures not readable", error=str(away))
        own = []
    found = [file for file in own if file.suffix.lower() in PICTURES]
    return tuple(found[:PICTURES_MAX]) or _ours()


def read_picture(file: Path, size: QSize) -> QImage:
    """The picture so large that it covers this size (px); a null image when the file is no picture.

    Takes its time with a large photograph: away from the GUI thread.
    """
    if file.suffix.lower() == ".svg":
        renderer = QSvgRenderer(str(file))
        natural = renderer.defaultSize()
        if not renderer.isValid() or natural.isEmpty():
            return QImage()
        image = QImage(
            natural.scaled(size, Qt.AspectRatioMode.KeepAspectRatioByExpanding),
            QImage.Format.Format_RGB32,
        )
        image.fill(QColor("white"))
        painter = QPainter(image)
        renderer.render(painter, QRectF(image.rect()))
        painter.end()
        return image
    reader = QImageReader(str(file))
    reader.setAutoTransform(True)
    natural = reader.size()
    if natural.isValid():
        reader.setScaledSize(natural.scaled(size, Qt.AspectRatioMode.KeepAspectRatioByExpanding))
    return reader.read()


class IdlePage(QWidget):
    """One picture after the other, edge to edge; the store's name and a welcome below."""

    def __init__(
        self,
        look: Look,
        words: Wording,
        background: Background,
        folder: Path | None,
        store: Callable[[], str],
    ) -> None:
        """`folder` is the store's own, or None; `store` gives the store's name."""
        super().__init__()
        self._background = background
        self._folder = folder
        self._store = store
        self._files: Sequence[Path] = ()
        self._place = -1
        self._image = QImage()
        band = QWidget()
        of_kind(band, "stage")
        band.setFixedHeight(look.px(BAND))
        self.name = Words(look, sizes(look, 26, 22, 18, weight=SEMI_BOLD), "on_stage", CENTRE)
        self.welcome = Words(look, sizes(look, 20, 18, 16), "on_stage_soft", CENTRE)
        self.welcome.setText(words.say("customer.welcome"))
        inside = QVBoxLayout(band)
        inside.setSpacing(0)
        inside.addWidget(self.name)
        inside.addWidget(self.welcome)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addStretch(1)
        column.addWidget(band)
        self._turn = QTimer(self)
        self._turn.setInterval(NEXT_MS)
        self._turn.timeout.connect(self.next_picture)

    def begin(self) -> None:
        """Show pictures from now on; which there are is looked up anew."""
        self.name.setText(self._store())
        folder = self._folder
        self._background.run(lambda: pictures_in(folder), self._found, lane=Lane.QUERY)
        self._turn.start()

    def end(self) -> None:
        """Somebody is served: turn no more pictures."""
        self._turn.stop()

    def next_picture(self) -> None:
        """Fetch the next one; the present one stays until it is there."""
        if self._files and not self.size().isEmpty():
            self._place = (self._place + 1) % len(self._files)
            self._fetch()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, its middle in the middle."""
        if self._image.isNull():
            return
        left = (self.width() - self._image.width()) // 2
        top = (self.height() - self._image.height()) // 2
        QPainter(self).drawImage(left, top, self._image)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size needs the picture anew."""
        super().resizeEvent(event)
        if self._files:
            self._fetch()

    def _found(self, found: Sequence[Path]) -> None:
        self._files = found
        self.next_picture()

    def _fetch(self) -> None:
        file, size = self._files[self._place], self.size()
        self._background.run(lambda: read_picture(file, size), self._fetched, lane=Lane.QUERY)

    def _fetched(self, image: QImage) -> None:
        if not image.isNull():
            self._image = image
            self.update()


_unpacked = ExitStack()
"""Holds our own pictures where they lie for as long as the program runs."""


def _ours() -> tuple[Path, ...]:
    folder = _unpacked.enter_context(as_file(files("resources").joinpath("idle")))
    return tuple(sorted(file for file in folder.iterdir() if file.suffix == ".svg"))
