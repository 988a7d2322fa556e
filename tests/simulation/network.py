"""The network: every way in which a request or its answer can go wrong, one fault after the other.

A call is synchronous, as the production clients are. What a caller gives up on (`timeout`) may still arrive
later, after newer requests: so are late, doubled and reordered messages made.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from courier.outage import Outage, Rejected

if TYPE_CHECKING:
    from tests.simulation.box import Box
    from tests.simulation.world import World

Handler = Callable[[bytes], bytes]


class PowerCut(BaseException):
    """The power of a box goes, in the middle of whatever it is doing. No program catches this."""

    def __init__(self, box: str) -> None:
        self.box = box
        super().__init__(box)


class Wrong(StrEnum):
    """What can be wrong with the next message of a link."""

    REQUEST_LOST = "request lost"
    REQUEST_TORN = "request torn"
    REQUEST_LATE = "request late"
    REQUEST_DOUBLED = "request doubled"
    REQUEST_ALTERED = "request altered"
    ANSWER_LOST = "answer lost"
    ANSWER_TORN = "answer torn"


@dataclass(slots=True)
class Link:
    """The way from one box up to another."""

    name: str
    sender: Box
    wrong: deque[tuple[Wrong, float]] = field(default_factory=deque)
    requests_cut_until: float = 0.0
    answers_cut_until: float = 0.0
    flaps_until: float = 0.0
    flap_seconds: float = 7.0
    pokes_lost_until: float = 0.0

    def heal(self) -> None:
        """Nothing is wrong any more."""
        self.wrong.clear()
        self.requests_cut_until = self.answers_cut_until = self.flaps_until = self.pokes_lost_until = 0.0

    def up(self, now: float) -> bool:
        """Whether the link, flapping, is up at this moment."""
        return now >= self.flaps_until or int(now / self.flap_seconds) % 2 == 0


class Network:
    """Carries calls between boxes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.links: dict[str, Link] = {}
        self.calls = 0

    def link(self, name: str, sender: Box) -> Link:
        """A new link of this name, from this box up."""
        self.links[name] = Link(name, sender)
        return self.links[name]

    def call(self, link: Link, receiver: Box, request: bytes, handler: Handler) -> bytes:
        """One request and its answer; raises `Outage`, or what the receiver's handler refuses with."""
        self.calls += 1
        now = self._world.time.seconds
        if now < link.requests_cut_until:
            self._world.strike("cut off", link.name)
            raise Outage("timeout", "no way there")
        if not link.up(now):
            self._world.strike("flapping", link.name)
            raise Outage("unreachable", "flapping")
        wrong, seconds = link.wrong.popleft() if link.wrong else (None, 0.0)
        if wrong is not None:
            self._world.strike(wrong.value, link.name)
        match wrong:
            case Wrong.REQUEST_LOST:
                raise Outage("timeout", "request lost")
            case Wrong.REQUEST_TORN:
                raise Outage("broken", "request torn")
            case Wrong.REQUEST_LATE:
                self._again(link, seconds, receiver, request, handler)
                raise Outage("timeout", "request late")
            case Wrong.REQUEST_DOUBLED:
                self._again(link, seconds, receiver, request, handler)
            case Wrong.REQUEST_ALTERED:
                request = self._world.altered(request)
        answer = self._handled(receiver, request, handler)
        if wrong is Wrong.ANSWER_LOST or now < link.answers_cut_until:
            if wrong is None:
                self._world.strike("answers cut off", link.name)
            raise Outage("timeout", "answer lost")
        if wrong is Wrong.ANSWER_TORN:
            raise Outage("broken", "answer torn")
        return answer

    def poke(self, link: Link, listener: Callable[[], None]) -> None:
        """A poke comes down the link, or does not."""
        now = self._world.time.seconds
        if now < max(link.pokes_lost_until, link.requests_cut_until, link.answers_cut_until):
            self._world.strike("poke lost", link.name)
        elif link.up(now):
            self._world.time.after(0.02, listener)

    def _handled(self, receiver: Box, request: bytes, handler: Handler) -> bytes:
        if not receiver.up:
            raise Outage("unreachable", f"{receiver.name} is off")
        try:
            answer = handler(request)
            receiver.after_commit()
        except PowerCut as cut:
            self._world.power_cut(cut)
            raise Outage("broken", f"{cut.box} died") from cut
        except OperationalError as full:
            raise Outage("server-error", str(full.orig)) from full
        return answer

    def _again(self, link: Link, seconds: float, receiver: Box, request: bytes, handler: Handler) -> None:
        """The same request arrives (once more) later, when nobody waits for its answer; not after its
        sender's disk was lost, which takes longer than any network keeps a request."""
        disks = link.sender.disks

        def arrive() -> None:
            if link.sender.disks != disks:
                return
            try:
                self._handled(receiver, request, handler)
            except (Outage, Rejected):
                self._world.note(f"late request for {receiver.name} met nobody")

        self._world.time.after(seconds, arrive)
