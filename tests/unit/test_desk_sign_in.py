"""Signing in at the till, on the people table that news brought."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from courier.envelope import opened_text
from retail.access_facts import AccessDecided
from retail.facts import read_fact
from retail.staff import Permission, Role
from terminal.approval import ApprovalAsk
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
    desk = SignInDesk(till.people, till.desks.access, clock=till.clock, errands=later)

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

        def knows(self, employee_id: str) -> bool:
            return True

        def id_of(self, typed: str) -> str:
            return typed

    desk = SignInDesk(Broken(), till.desks.access, clock=till.clock, errands=till.desks.errands)

    with pytest.raises(ZeroDivisionError):
        desk.sign_in("C07", "2468")

    assert desk.state == SignInState()


def decisions(till: TestTill) -> list[tuple[str, str, str]]:
    """(deed, outcome, actor) of every decision, in order."""
    found = []
    for text in till.envelopes():
        envelope = opened_text(text)
        fact = read_fact(envelope.event_type, envelope.version, envelope.payload)
        if isinstance(fact, AccessDecided):
            found.append((fact.deed.value, fact.outcome.value, fact.actor))
    return found


def test_every_decision_is_a_fact_and_no_pin_is_in_it(till):
    desk = till.desks.sign_in()
    desk.sign_in("C07", "0000")
    desk.sign_in("A01", "8642")
    desk.sign_in("C07", "2468")
    desk.lock()
    desk.unlock("C07", "2468")
    desk.sign_out()
    assert decisions(till) == [
        ("sign in", "refused", "C07"),
        ("sign in", "not permitted", "A01"),
        ("sign in", "allowed", "C07"),
        ("lock", "allowed", "C07"),
        ("unlock", "allowed", "C07"),
        ("sign out", "allowed", "C07"),
    ]
    said = [str(value) for text in till.envelopes() for value in opened_text(text).payload.values()]
    assert not {"2468", "0000", "8642"} & set(said)


def test_a_pin_typed_where_the_id_belongs_is_not_written_down(till):
    till.desks.sign_in().sign_in("975310", "C07")
    assert decisions(till) == [("sign in", "refused", "unknown")]
    assert "975310" not in till.envelopes()[0]


def test_the_third_wrong_pin_is_an_alarm_whatever_it_was_typed_for(till):
    desk = till.desks.sign_in()
    for _ in range(3):
        desk.sign_in("C07", "0000")
    alarms = [opened_text(text).payload["alarm"] for text in till.envelopes()]
    assert alarms == [False, False, True]


def test_a_lock_keeps_the_session_and_is_taken_off_by_the_same_person_or_a_manager(till):
    feed(till.catalogue, person("C08", "1111"), version=2)
    desk = till.desks.sign_in()
    desk.sign_in("C07", "2468")
    for employee_id, pin in (("C07", "2468"), ("M01", "1357")):
        desk.lock()
        assert desk.state.locked
        desk.unlock("C07", "0000")
        assert desk.state.locked
        desk.unlock("C08", "1111")
        assert desk.state.notice is not None
        assert (desk.state.locked, desk.state.notice.code) == (True, "permission-denied")
        desk.unlock(employee_id, pin)
        assert desk.state == SignInState(cashier=Cashier("C07", "Lan", Role.CASHIER, "vi"))
    by = opened_text(till.envelopes()[-1]).payload
    assert (by["deed"], by["actor"], by["asked_by"]) == ("unlock", "M01", "C07")


def test_a_locked_till_signs_nobody_in_but_lets_go_of_whoever_was(till):
    desk = till.desks.sign_in()
    desk.sign_in("C07", "2468")
    desk.lock()
    desk.sign_in("M01", "1357")
    assert desk.state.locked
    desk.sign_out()
    assert desk.state == SignInState()
    desk.sign_in("M01", "1357")
    assert desk.state.cashier is not None


@pytest.mark.allow_log("not noted")
def test_a_till_that_cannot_write_lets_nobody_in_and_everybody_out(till):
    desk = till.desks.sign_in()
    desk.sign_in("C07", "2468")
    till.journal._connection.execute("PRAGMA query_only = 1")
    desk.lock()
    assert desk.state.locked
    desk.unlock("C07", "2468")
    assert desk.state.notice is not None
    assert (desk.state.locked, desk.state.notice.code) == (True, "till-read-only")
    desk.sign_out()
    desk.sign_in("C07", "2468")
    assert desk.state.cashier is None


def test_an_approval_is_noted_with_who_asked_what_how_much_and_why(till):
    ask = ApprovalAsk(Permission.MOVE_CASH, 50_000, reason="tiền lẻ")
    desk = till.desks.approval(ask, Cashier("C07", "Lan", Role.CASHIER))
    desk.give("M01", "0000")
    desk.give("C07", "2468")
    desk.give("M01", "1357")
    assert decisions(till) == [
        ("approve", "refused", "M01"),
        ("approve", "not permitted", "C07"),
        ("approve", "allowed", "M01"),
    ]
    said = opened_text(till.envelopes()[-1]).payload
    assert (said["permission"], said["amount"], said["asked_by"], said["reason"], said["role"]) == (
        "move cash",
        50_000,
        "C07",
        "tiền lẻ",
        "manager",
    )
