"""Signing in at the till, on the people table that news brought."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from retail.staff import Role
from terminal.shift.desk import SignInDesk, SignInState
from terminal.till.cashier import Cashier
from tests.tills import SHOP, TestTill, deleted, feed, person


class Later:
    """Errands that wait until the test lets them go."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[], Any], Callable[[Any], None], Callable[[Exception], None]]] = []

    def run(
        self, job: Callable[[], Any], *, done: Callable[[Any], None], failed: Callable[[Exception], None]
    ) -> None:
        self.waiting.append((job, done, failed))

    def go(self) -> None:
        job, done, _ = self.waiting.pop(0)
        done(job())


PEOPLE = (
    person("M01", "1357", role="manager", name="Bình"),
    person("A01", "8642", role="auditor", name="Quân"),
)


@pytest.fixture
def till(tmp_path: Path) -> Iterator[TestTill]:
    till = TestTill(tmp_path, pieces=(*SHOP, *PEOPLE))
    yield till
    till.close()


def test_the_right_pin_signs_in_without_any_hub(till):
    desk = till.desks.sign_in()

    desk.sign_in(" C07 ", "2468")

    assert desk.state == SignInState(cashier=Cashier("C07", "Lan", Role.CASHIER, "vi"))


def test_an_auditor_sells_nothing_and_may_not_sign_in_at_a_till(till):
    desk = till.desks.sign_in()

    desk.sign_in("A01", "8642")

    assert desk.state.cashier is None
    assert desk.state.notice is not None
    assert desk.state.notice.code == "permission-denied"


def test_a_wrong_pin_says_how_many_tries_are_left(till):
    desk = till.desks.sign_in()

    desk.sign_in("C07", "0000")

    assert desk.state.cashier is None
    assert desk.state.notice is not None
    assert (desk.state.notice.code, desk.state.notice.detail) == ("sign-in-failed", {"tries_left": 2})


def test_an_unknown_id_is_answered_like_a_wrong_pin(till):
    desk = till.desks.sign_in()

    desk.sign_in("NOBODY", "2468")

    assert desk.state.notice is not None
    assert desk.state.notice.code == "sign-in-failed"


def test_three_wrong_pins_cost_half_a_minute_even_for_the_right_one(till):
    desk = till.desks.sign_in()
    for _ in range(3):
        desk.sign_in("C07", "0000")

    till.clock.forward(10)
    desk.sign_in("C07", "2468")

    assert desk.state.cashier is None
    assert desk.state.notice is not None
    assert desk.state.notice.code == "sign-in-must-wait"
    assert desk.state.notice.detail == {"wait_seconds": 20}

    till.clock.forward(20)
    desk.sign_in("C07", "2468")

    assert desk.state.cashier is not None


def test_the_right_pin_forgives_the_wrong_ones_before_it(till):
    desk = till.desks.sign_in()
    for _ in range(2):
        desk.sign_in("C07", "0000")
    desk.sign_in("C07", "2468")
    desk.sign_out()

    desk.sign_in("C07", "0000")

    assert desk.state.notice is not None
    assert desk.state.notice.detail == {"tries_left": 2}


@pytest.mark.parametrize(
    "change",
    [
        person("C07", "2468", is_active=False),
        person("C07", "2468", store_ids=["STORE_002"]),
        person("C07", "2468", pin_hash="not a hash"),
        deleted("person", "C07"),
    ],
    ids=["left the chain", "works elsewhere", "no pin", "deleted"],
)
def test_who_does_not_work_here_cannot_sign_in(till, change):
    feed(till.catalogue, change, version=2)
    desk = till.desks.sign_in()

    desk.sign_in("C07", "2468")

    assert desk.state.cashier is None
    assert desk.state.notice is not None
    assert desk.state.notice.code == "sign-in-failed"


def test_a_role_comes_with_the_person(till):
    desk = till.desks.sign_in()

    desk.sign_in("M01", "1357")

    assert desk.state.cashier == Cashier("M01", "Bình", Role.MANAGER, "vi")


def test_a_second_tap_while_the_pin_is_checked_does_nothing(till):
    later = Later()
    desk = SignInDesk(till.people, clock=till.clock, errands=later)

    desk.sign_in("C07", "2468")
    desk.sign_in("C07", "2468")

    assert desk.state.busy
    assert len(later.waiting) == 1
    later.go()
    assert desk.state.cashier is not None
    assert not desk.state.busy


def test_listeners_hear_every_state_and_signing_out(till):
    desk = till.desks.sign_in()
    heard: list[SignInState] = []
    desk.listen(heard.append)

    desk.sign_in("C07", "2468")
    desk.sign_out()
    desk.dismiss()

    assert [(state.busy, state.cashier is not None) for state in heard] == [
        (True, False),
        (False, True),
        (False, False),
        (False, False),
    ]


def test_a_bug_while_checking_is_not_taken_for_a_wrong_pin(till):
    class Broken:
        def check(self, employee_id: str, pin: str) -> Cashier | None:
            raise ZeroDivisionError

    desk = SignInDesk(Broken(), clock=till.clock, errands=till.desks.errands)

    with pytest.raises(ZeroDivisionError):
        desk.sign_in("C07", "2468")

    assert desk.state == SignInState()
