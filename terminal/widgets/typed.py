"""What a person has typed, kept when a page is made anew for another language, theme or size."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from terminal.widgets.cash_count import CashCount


def carry_over(old: QWidget, new: QWidget) -> None:
    """Fill the fields and counts of `new` in as they stood on `old`; a PIN is never copied."""
    for field in old.findChildren(QLineEdit):
        again = new.findChild(QLineEdit, field.objectName()) if field.objectName() else None
        if again is not None and field.echoMode() is QLineEdit.EchoMode.Normal:
            again.setText(field.text())
    counts = zip(old.findChildren(CashCount), new.findChildren(CashCount), strict=False)
    for count, again_count in counts:
        again_count.fill_in(count.count())
