"""Wrong PINs in a row, counted for the whole till: three cost half a minute, whatever they were typed for."""

from __future__ import annotations

from datetime import datetime, timedelta

from retail.refusal import Refusal
from retail.staff import SignInFailed

WRONG_PINS_MAX = 3
WAIT_SECONDS = 30


class SignInMustWait(Refusal):
    """Too many wrong PINs in a row (`wait_seconds`)."""

    code = "sign-in-must-wait"


class PinTries:
    """How many wrong PINs there were since the last right one."""

    def __init__(self) -> None:
        self._wrong = 0
        self._wait_until: datetime | None = None

    def wait_until(self, at: datetime) -> datetime | None:
        """The moment before which no PIN is taken, while it is to come."""
        return self._wait_until if self._wait_until and at < self._wait_until else None

    def check(self, at: datetime) -> None:
        """Return when a PIN is taken now; raises `SignInMustWait`."""
        until = self.wait_until(at)
        if until is not None:
            raise SignInMustWait(wait_seconds=-((at - until) // timedelta(seconds=1)))

    def right(self) -> None:
        """The PIN was right."""
        self._wrong = 0

    def wrong(self, at: datetime) -> Refusal:
        """One more wrong PIN; what to tell the person."""
        self._wrong += 1
        if self._wrong < WRONG_PINS_MAX:
            return SignInFailed(tries_left=WRONG_PINS_MAX - self._wrong)
        self._wrong = 0
        self._wait_until = at + timedelta(seconds=WAIT_SECONDS)
        return SignInMustWait(wait_seconds=WAIT_SECONDS)
