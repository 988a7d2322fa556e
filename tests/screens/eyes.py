"""Looks at a window as a person would: is a text cut off, does something overlap, is a key too small?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollBar,
    QWidget,
)

from terminal.widgets.text import Words

TARGET_MIN = 48
TYPE_MIN = 12
"""px at 1024×768: on 15 inches a capital is 2.5 mm, 12 minutes of arc at 70 cm; good eyes need 5."""
ROUNDING = 1


def seen(window: QWidget) -> Iterator[QWidget]:
    """Every widget on show."""
    return (widget for widget in window.findChildren(QWidget) if widget.isVisible())


def cut_texts(window: QWidget) -> list[str]:
    """Texts that are not shown whole."""
    found = []
    for widget in seen(window):
        if callable(own := getattr(widget, "cut_off", None)):
            found += [f"{named(widget)}: {text}" for text in own()]
        elif isinstance(widget, QHeaderView) and widget.orientation() == Qt.Orientation.Horizontal:
            found += _cut_heads(widget)
        elif _is_cut(widget):
            found.append(f"{named(widget)}: {_text_of(widget)}")
    return found


def overlaps(window: QWidget) -> list[str]:
    """Widgets that cover each other, or reach out of what holds them."""
    found = []
    for holder in (window, *seen(window)):
        if isinstance(holder, QAbstractScrollArea | QLineEdit | QHeaderView | QScrollBar):
            continue
        if isinstance(holder.parent(), QAbstractScrollArea):  # what scrolls may be longer than its view
            continue
        children = [
            child
            for child in holder.children()
            if isinstance(child, QWidget) and child.isVisible() and not child.isWindow()
        ]
        found += [
            f"{named(one)} and {named(other)}"
            for one, other in combinations(children, 2)
            if one.geometry().intersects(other.geometry())
        ]
        found += [
            f"{named(child)} outside {named(holder)}" for child in children if _reaches_out(child, holder)
        ]
    return found


def small_targets(window: QWidget, scale: float) -> list[str]:
    """Keys and fields that are too small for a finger."""
    least = round(TARGET_MIN * scale) - ROUNDING
    return [
        f"{named(widget)} is {widget.width()}×{widget.height()}"
        for widget in seen(window)
        if isinstance(widget, QAbstractButton | QLineEdit) and min(widget.width(), widget.height()) < least
    ]


def small_types(window: QWidget, scale: float) -> list[str]:
    """Text in type that is too small to be read at arm's length (see `TYPE_MIN`)."""
    least = round(TYPE_MIN * scale)
    found = []
    for widget in seen(window):
        if isinstance(widget, Words):
            size = widget.shown_size()
        elif isinstance(widget, QLabel | QAbstractButton | QLineEdit) and _text_of(widget):
            size = widget.font().pixelSize()
        else:
            continue
        if 0 < size < least:
            found.append(f"{named(widget)} is {size} px: {_text_of(widget)}")
    return found


def places(window: QWidget) -> dict[str, QRect]:
    """Where everything with a name is, in the window's own coordinates."""
    return {
        widget.objectName(): QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())
        for widget in seen(window)
        if widget.objectName() and not widget.objectName().startswith(("qt_", "tile-", "Scroll"))
    }


def named(widget: QWidget) -> str:
    """What a person debugging calls it."""
    return f"{type(widget).__name__}({widget.objectName() or _text_of(widget) or 'no name'})"


def _text_of(widget: QWidget) -> str:
    if isinstance(widget, QLineEdit):
        return widget.text() or widget.placeholderText()
    if isinstance(widget, QLabel | QAbstractButton | Words):
        return widget.text()
    return ""


def _is_cut(widget: QWidget) -> bool:
    text = _text_of(widget)
    if not text:
        return False
    metrics = widget.fontMetrics()
    if isinstance(widget, QPushButton):
        return widget.sizeHint().width() > widget.width() + ROUNDING
    if isinstance(widget, QLineEdit):
        margins = widget.textMargins()
        return metrics.horizontalAdvance(text) > widget.width() - margins.left() - margins.right() - 8
    if isinstance(widget, QLabel) and widget.wordWrap():
        room = QRect(0, 0, widget.contentsRect().width(), 100_000)
        needed = metrics.boundingRect(room, int(Qt.TextFlag.TextWordWrap), text)
        return needed.height() > widget.height() + ROUNDING
    if isinstance(widget, QLabel):
        room_is = widget.contentsRect()
        return (
            metrics.horizontalAdvance(text) > room_is.width() + ROUNDING
            or metrics.height() > widget.height() + ROUNDING
        )
    return False


def _cut_heads(head: QHeaderView) -> list[str]:
    model = head.model()
    return [
        f"head of column: {model.headerData(column, Qt.Orientation.Horizontal)}"
        for column in range(head.count())
        if not head.isSectionHidden(column)
        and head.sectionSizeHint(column) > head.sectionSize(column) + ROUNDING
    ]


def _reaches_out(child: QWidget, holder: QWidget) -> bool:
    slack = holder.rect().adjusted(-ROUNDING, -ROUNDING, ROUNDING, ROUNDING)
    return not slack.contains(child.geometry())
