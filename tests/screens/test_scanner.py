"""The scanner that types, with real key events."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton, QVBoxLayout, QWidget

from terminal.devices.scanner import Scanner

CODE = "8934588012228"
SLOWEST_MS = 2_000


class Counter(QWidget):
    """A field and a button, and what the scanner heard."""

    def __init__(self, now_ms=lambda: time.monotonic() * 1000) -> None:
        super().__init__()
        self.field = QLineEdit()
        self.button = QPushButton("pay")
        self.presses = 0
        self.codes: list[str] = []
        self.button.clicked.connect(self._press)
        layout = QVBoxLayout(self)
        layout.addWidget(self.field)
        layout.addWidget(self.button)
        self.scanner = Scanner(now_ms, parent=self)
        self.scanner.scanned.connect(self.codes.append)

    def _press(self) -> None:
        self.presses += 1


@pytest.fixture
def counter(qtbot, qapp):
    window = Counter()
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    window.scanner.listen(window)
    return window


def burst(widget: QWidget, text: str, end: Qt.Key | None = Qt.Key.Key_Return) -> None:
    for character in text:
        QTest.keyClicks(widget, character)
    if end is not None:
        QTest.keyClick(widget, end)


def test_a_burst_that_ends_in_enter_is_a_scan_and_leaves_no_letter_in_the_focused_field(counter, qtbot):
    counter.field.setFocus()
    burst(counter.field, CODE)
    QTest.qWait(80)
    assert counter.codes == [CODE]
    assert counter.field.text() == ""


def test_the_enter_of_a_burst_does_not_press_the_focused_button(counter, qtbot):
    counter.button.setFocus()
    burst(counter.button, CODE, Qt.Key.Key_Enter)
    burst(counter.button, "A B C1", Qt.Key.Key_Return)
    QTest.qWait(80)
    assert counter.codes == [CODE, "A B C1"]
    assert counter.presses == 0


def test_what_a_person_types_arrives_untouched_and_in_order(counter, qtbot):
    counter.field.setFocus()
    for character in "sua 12":
        QTest.keyClicks(counter.field, character, Qt.KeyboardModifier.NoModifier, 50)
    QTest.keyClick(counter.field, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, 50)
    qtbot.waitUntil(lambda: counter.field.text() == "sua 12")
    assert counter.codes == []


def test_quick_fingers_without_enter_arrive_in_the_field(counter, qtbot):
    counter.field.setFocus()
    burst(counter.field, "coca", end=None)
    qtbot.waitUntil(lambda: counter.field.text() == "coca")
    assert counter.codes == []


def test_a_person_may_press_enter_on_a_button(counter, qtbot):
    counter.button.setAutoDefault(True)
    counter.button.setFocus()
    QTest.keyClick(counter.button, Qt.Key.Key_Return)
    QTest.keyClick(counter.button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: counter.presses == 2)


def test_a_pair_of_quick_digits_and_enter_is_a_person(counter, qtbot):
    counter.field.setFocus()
    entered = []
    counter.field.returnPressed.connect(lambda: entered.append(counter.field.text()))
    burst(counter.field, "12")
    assert entered == ["12"]
    assert counter.codes == []


def test_an_editing_key_in_between_is_a_person(counter, qtbot):
    counter.field.setFocus()
    burst(counter.field, "123", end=None)
    QTest.keyClick(counter.field, Qt.Key.Key_Backspace)
    burst(counter.field, "45")
    assert counter.field.text() == "1245"
    assert counter.codes == []


def test_vietnamese_letters_of_an_input_method_are_a_person(counter, qtbot):
    counter.field.setFocus()
    for letter in "phê":
        event = QKeyEvent(QEvent.Type.KeyPress, 0, Qt.KeyboardModifier.NoModifier, letter)
        QCoreApplication.sendEvent(counter.field, event)
    assert counter.field.text() == "phê"


def test_two_scans_in_a_row_are_two_scans(counter, qtbot):
    counter.field.setFocus()
    burst(counter.field, CODE)
    burst(counter.field, CODE)
    assert counter.codes == [CODE, CODE]


def stamped(kind: QEvent.Type, key: int, text: str, at_ms: int) -> QKeyEvent:
    event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text)
    event.setTimestamp(at_ms)
    return event


def test_a_busy_window_does_not_tear_a_burst_apart(counter, qtbot):
    """The keys wait in the queue while the window is busy longer than the longest pause of a scanner."""
    counter.field.setFocus()
    QCoreApplication.sendEvent(counter.field, stamped(QEvent.Type.KeyPress, ord("8"), "8", 10_000))
    time.sleep(0.06)
    for place, digit in enumerate("93458"):
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QCoreApplication.postEvent(counter.field, stamped(kind, ord(digit), digit, 10_005 + 5 * place))
    QCoreApplication.postEvent(counter.field, stamped(QEvent.Type.KeyPress, Qt.Key.Key_Return, "\r", 10_030))
    QTest.qWait(80)
    assert counter.codes == ["893458"]
    assert counter.field.text() == ""


def test_the_platforms_stamps_are_believed_over_the_moment_of_arrival(counter, qtbot):
    counter.field.setFocus()
    for place, digit in enumerate("893458"):
        event = stamped(QEvent.Type.KeyPress, ord(digit), digit, 10_000 + 100 * place)
        QCoreApplication.sendEvent(counter.field, event)
    QCoreApplication.sendEvent(counter.field, stamped(QEvent.Type.KeyPress, Qt.Key.Key_Return, "\r", 10_600))
    assert counter.codes == []
    assert counter.field.text() == "893458"


def test_keys_that_come_the_way_of_the_platform_are_heard_too(counter, qtbot):
    """From the window system to the window to the focused widget, as on a real till."""
    handle = counter.windowHandle()
    qtbot.waitUntil(counter.isActiveWindow)
    # These keys are typed by the machine's clock, and a busy machine types slower than a scanner.
    usual, counter.scanner._key_gap_ms = counter.scanner._key_gap_ms, SLOWEST_MS
    counter.button.setFocus()
    for digit in CODE:
        QTest.keyClick(handle, Qt.Key(ord(digit)))
    QTest.keyClick(handle, Qt.Key.Key_Return)
    assert counter.codes == [CODE]
    assert counter.presses == 0
    counter.scanner._key_gap_ms = usual
    counter.field.setFocus()
    for letter in "ab":
        QTest.keyClick(handle, Qt.Key(ord(letter.upper())), Qt.KeyboardModifier.NoModifier, 60)
    qtbot.waitUntil(lambda: counter.field.text() == "ab")
    assert counter.codes == [CODE]
