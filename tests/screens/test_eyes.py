"""The eyes that look at the screens see what a person would not forgive."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QWidget

from terminal.widgets.keys import Key
from terminal.widgets.look import Look
from terminal.widgets.shelf import Tile, TileFace
from terminal.widgets.text import Figure, fit, sizes
from tests.screens.eyes import cut_texts, overlaps, small_targets


@pytest.fixture
def window(qtbot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(400, 300)
    return window


def put(widget: QWidget, window: QWidget, *place: int) -> None:
    widget.setParent(window)
    widget.setGeometry(QRect(*place))
    window.show()
    widget.show()


def test_a_label_without_room_is_cut(window: QWidget) -> None:
    put(QLabel("Cà phê sữa đá"), window, 0, 0, 40, 30)
    assert cut_texts(window) == ["QLabel(Cà phê sữa đá): Cà phê sữa đá"]


def test_a_label_with_room_is_not(window: QWidget) -> None:
    put(QLabel("Cà phê sữa đá"), window, 0, 0, 300, 30)
    assert cut_texts(window) == []


def test_a_wrapped_label_a_key_and_a_field_can_be_cut_too(window: QWidget) -> None:
    wrapped = QLabel("Cà phê sữa đá " * 10)
    wrapped.setWordWrap(True)
    put(wrapped, window, 0, 0, 100, 20)
    put(QPushButton("Khách tiếp theo"), window, 0, 50, 40, 30)
    field = QLineEdit()
    field.setPlaceholderText("Tìm sản phẩm hoặc mã")
    put(field, window, 0, 100, 60, 30)
    assert len(cut_texts(window)) == 3


def test_a_figure_shrinks_before_it_is_cut(window: QWidget) -> None:
    figure = Figure(Look(), 60, "ink", smallest=20)
    figure.setText("12.345.678 ₫")
    put(figure, window, 0, 0, 200, 80)
    assert cut_texts(window) == []
    figure.setGeometry(0, 0, 60, 80)
    assert cut_texts(window) == ["Figure(12.345.678 ₫): 12.345.678 ₫"]


def test_no_word_is_split_to_make_lines_even(qapp) -> None:
    type_sizes = sizes(Look(), (16, 2))
    for width in range(75, 140):
        assert " ".join(fit("Sandwich cá ngừ", type_sizes, width).lines) == "Sandwich cá ngừ"


def test_words_are_shared_out_over_lines_evenly(qapp) -> None:
    fitted = fit("Nguyễn Thị Mai Anh", sizes(Look(), (16, 2)), 120)
    assert fitted.lines == ("Nguyễn Thị", "Mai Anh")
    assert not fitted.cut


def test_smaller_type_comes_before_a_word_torn_apart(qapp) -> None:
    fitted = fit("Nước chanh đá", sizes(Look(), (24, 3), (13, 3)), 46)
    assert fitted.lines == ("Nước", "chanh", "đá")
    assert fit("Nước chanh đá", sizes(Look(), (13, 3)), 46).lines == fitted.lines


def test_text_that_is_cut_says_so_with_dots(qapp) -> None:
    fitted = fit("Cà phê sữa đá " * 20, sizes(Look(), (16, 2)), 120)
    assert fitted.cut
    assert fitted.lines[-1].endswith("…")


def test_in_a_low_tile_neither_name_nor_price_covers_the_other(window: QWidget) -> None:
    tile = Tile(Look())
    tile.show_face(TileFace("7", "Rau má đậu xanh", "20.000 ₫"))
    put(tile, window, 0, 0, 124, 64)
    assert cut_texts(window) == []
    tile.show_face(TileFace("7", "Rau má đậu xanh nước cốt dừa không đường ít đá", "20.000 ₫"))
    assert cut_texts(window) == ["Tile(tile-7): Rau má đậu xanh nước cốt dừa không đường ít đá"]


def test_a_key_that_cannot_be_pressed_names_no_key_of_the_keyboard(window: QWidget) -> None:
    plain, hinted = Key(Look(), "Thanh toán"), Key(Look(), "Thanh toán", shortcut="F12")
    for key in (plain, hinted):
        put(key, window, 0, 0, 200, 60)
    assert hinted.grab().toImage() != plain.grab().toImage()
    for key in (plain, hinted):
        key.setEnabled(False)
    assert hinted.grab().toImage() == plain.grab().toImage()


def test_two_widgets_on_one_spot_overlap(window: QWidget) -> None:
    put(QPushButton("one"), window, 0, 0, 100, 60)
    put(QPushButton("two"), window, 90, 50, 100, 60)
    assert overlaps(window) == ["QPushButton(one) and QPushButton(two)"]


def test_a_widget_that_reaches_out_of_the_window_is_seen(window: QWidget) -> None:
    put(QPushButton("one"), window, 350, 0, 100, 60)
    assert overlaps(window) == ["QPushButton(one) outside QWidget(no name)"]


def test_a_key_below_48_px_is_too_small_for_a_finger(window: QWidget) -> None:
    put(QPushButton("ok"), window, 0, 0, 100, 47)
    assert small_targets(window, 1) == []
    put(QPushButton("ok"), window, 0, 100, 100, 40)
    assert small_targets(window, 1) == ["QPushButton(ok) is 100×40"]
