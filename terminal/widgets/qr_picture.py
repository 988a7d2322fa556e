"""A QR code, drawn from its text."""

from __future__ import annotations

import qrcode
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget
from qrcode.constants import ERROR_CORRECT_M

from terminal.widgets.look import Look

QUIET_MODULES = 4
"""Width of the white edge a reader needs (ISO/IEC 18004, 9.1)."""


def matrix_of(text: str) -> list[list[bool]]:
    """The dark modules of the code with its quiet zone; takes some 10 ms, so away from the GUI thread."""
    code = qrcode.QRCode(border=QUIET_MODULES, error_correction=ERROR_CORRECT_M)
    code.add_data(text)
    code.make()
    matrix: list[list[bool]] = code.get_matrix()
    return matrix


class QrPicture(QWidget):
    """Black on white in either theme: cameras expect it so."""

    def __init__(self, look: Look, side: float) -> None:
        """`side` in px at 1024×768."""
        super().__init__()
        self._matrix: list[list[bool]] = []
        self._round = look.px(12)
        self._faded = False
        self.setObjectName("qr")
        self.setFixedSize(look.px(side), look.px(side))

    def show_matrix(self, matrix: list[list[bool]]) -> None:
        """Show this code; an empty matrix shows a blank card."""
        self._matrix = matrix
        self.update()

    def fade(self, faded: bool) -> None:
        """Show it pale when nobody should scan it any more."""
        if faded != self._faded:
            self._faded = faded
            self.update()

    def image(self) -> QImage:
        """The code as it is on the screen."""
        return self.grab().toImage()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Whole pixels a module, centred on a white card."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(Qt.GlobalColor.white)
        painter.drawRoundedRect(QRectF(self.rect()), self._round, self._round)
        if not self._matrix:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setOpacity(0.25 if self._faded else 1.0)
        module = max(1, self.width() // len(self._matrix))
        start = (self.width() - module * len(self._matrix)) // 2
        for row, modules in enumerate(self._matrix):
            for column, dark in enumerate(modules):
                if dark:
                    painter.fillRect(
                        start + column * module, start + row * module, module, module, Qt.GlobalColor.black
                    )
