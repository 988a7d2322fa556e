"""What the shift's desk shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from retail.completeness import CompletenessLine
from retail.shift import ShiftFigures
from retail.shift_facts import CashMoved, ShiftClosed, ShiftOpened
from terminal.notice import Notice


@dataclass(frozen=True, slots=True)
class Report:
    """An X report or, with `closed`, a Z, as of `at`.

    `days` has the figures of each business day where the shift went through the cut. A `blind` one is for
    somebody who has yet to count the drawer: it must not show what should be in it.
    """

    shift: ShiftOpened
    figures: ShiftFigures
    days: tuple[tuple[date, ShiftFigures], ...]
    at: datetime
    blind: bool = False
    closed: ShiftClosed | None = None
    line: CompletenessLine | None = None


@dataclass(frozen=True, slots=True)
class ShiftState:
    """`shift`: open on this drawer. `may_sell`: whether whoever is signed in may sell here now.

    `mine`: it is theirs. `differs`: the last count was too far from the figures, so that it takes another
    count or a reason. `late_money`: so many QR payments of the store belong to no sale, as far as the hub has
    said; a shift is not closed over them without a reason. `moved`: the cash movement just recorded.
    `report`: the X or Z on show, `paper` what became of it on paper (empty: nobody has asked).
    """

    shift: ShiftOpened | None = None
    mine: bool = False
    may_sell: bool = True
    differs: bool = False
    late_money: int = 0
    moved: CashMoved | None = None
    report: Report | None = None
    paper: str = ""
    notice: Notice | None = None
