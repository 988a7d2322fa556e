"""Signing in by finger, by keyboard and by badge."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from terminal.checkout.screen import CheckoutScreen
from terminal.shift.screen import SignInScreen
from tests.screens.stage import EMPLOYEE, PIN, Stage
from tests.tills import feed, person


@pytest.fixture
def page(stage: Stage) -> SignInScreen:
    assert isinstance(stage.window.page, SignInScreen)
    return stage.window.page


def test_a_cashier_signs_in_by_keyboard_alone(stage: Stage):
    stage.type(EMPLOYEE)
    stage.press(Qt.Key.Key_Return)
    stage.type(PIN)
    stage.press(Qt.Key.Key_Return)
    assert isinstance(stage.window.page, CheckoutScreen)


def test_a_cashier_signs_in_by_finger_alone(stage: Stage, page: SignInScreen):
    stage.tap("letters", *(f"pad-{letter}" for letter in "CASHIER_"), "letters", *("pad-0", "pad-0", "pad-1"))
    assert page.employee.text() == EMPLOYEE
    QTest.mouseClick(page.pin, Qt.MouseButton.LeftButton)
    stage.tap_digits("1357900")
    stage.tap("pad-back", "sign-in")
    assert isinstance(stage.window.page, CheckoutScreen)


def test_the_pin_is_not_readable_over_a_shoulder(page: SignInScreen):
    page.pin.setText(PIN)
    assert set(page.pin.displayText()) == {"●"}


def test_a_scanned_badge_fills_in_the_employee_id(stage: Stage, page: SignInScreen):
    stage.burst(EMPLOYEE)
    assert page.employee.text() == EMPLOYEE
    stage.type(PIN)
    stage.press(Qt.Key.Key_Return)
    assert isinstance(stage.window.page, CheckoutScreen)


def test_a_wrong_pin_says_how_many_tries_are_left_and_clears_the_pin(stage: Stage, page: SignInScreen):
    page.employee.setText(EMPLOYEE)
    page.pin.setText("000000")
    stage.tap("sign-in")
    assert page.notice.mood == "bad"
    assert "2" in page.notice.words()[1]
    assert page.pin.text() == ""
    assert page.employee.text() == EMPLOYEE
    assert page.pin.hasFocus()
    assert stage.beeps == 1


def test_three_wrong_pins_cost_half_a_minute_that_counts_down(stage: Stage, page: SignInScreen):
    for _ in range(3):
        page.employee.setText(EMPLOYEE)
        page.pin.setText("000000")
        stage.tap("sign-in")
    assert "30" in page.notice.words()[1]
    stage.clock.forward(21)
    page.show_notice()
    assert "9" in page.notice.words()[1]
    stage.clock.forward(10)
    page.show_notice()
    assert page.notice.mood == "calm"


def test_signing_out_asks_for_the_next_person_and_offers_who_was_here(stage: Stage):
    stage.sign_in()
    stage.tap("sign-out")
    page = stage.window.page
    assert isinstance(page, SignInScreen)
    stage.tap(f"recent-{EMPLOYEE}")
    assert page.employee.text() == EMPLOYEE
    assert page.pin.hasFocus()


def test_a_cashier_gets_her_own_language(stage: Stage):
    feed(stage.till.catalogue, person("CASHIER_EN", PIN, language="en"), version=8)
    stage.sign_in("CASHIER_EN")
    assert stage.window.language == "en"
    stage.tap("sign-out")
    assert stage.window.language == "vi"


def test_a_language_asked_for_at_the_door_holds_for_the_shift_that_begins_there(
    stage: Stage, page: SignInScreen
):
    page.employee.setText(EMPLOYEE)
    stage.tap("language")
    door = stage.window.page
    assert isinstance(door, SignInScreen)
    assert door.employee.text() == EMPLOYEE
    stage.sign_in()
    assert stage.window.language == "en"
    stage.tap("sign-out")
    stage.sign_in()
    assert stage.window.language == "vi"


def test_an_id_in_small_letters_is_the_same_id(stage: Stage):
    stage.type(EMPLOYEE.lower())
    stage.press(Qt.Key.Key_Return)
    stage.type(PIN)
    stage.press(Qt.Key.Key_Return)
    assert isinstance(stage.window.page, CheckoutScreen)


def test_enter_without_anything_typed_goes_nowhere(stage: Stage, page: SignInScreen):
    stage.press(Qt.Key.Key_Return)
    stage.tap("sign-in")
    assert stage.window.page is page
    assert page.notice.mood == "calm"
