"""A receipt on paper: whether it came, and once more (FR-1.4). The sale never waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from courier.outage import Outage
from retail.refusal import Refusal
from terminal.errands import Errands
from terminal.notice import Notice, NoticeKind, notice_of
from terminal.sales.port import HubPapers
from terminal.till.known_sale import Papers, PaperState, SaleNotFound

PAPER_WAITS = "paper-waits"
"""The hub cannot be asked for paper now."""


@dataclass(frozen=True, slots=True)
class PaperOnShow:
    """`papers` is None until the hub has said something. `asked`: somebody wants paper that the hub has not
    promised yet. `away`: the hub cannot be asked."""

    papers: Papers | None = None
    asked: bool = False
    busy: bool = False
    away: bool = False
    notice: Notice | None = None

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing left to look for: the paper is there, or this store prints none."""
        papers = self.papers
        if self.asked or papers is None:
            return False
        return papers.state is PaperState.PRINTED or not papers.has_printer


class PaperDesk:
    """The paper of one sale. `look` is called by a timer while somebody can see it."""

    def __init__(self, hub: HubPapers, transaction_id: UUID, employee_id: str, *, errands: Errands) -> None:
        self._hub = hub
        self._transaction_id = transaction_id
        self._employee_id = employee_id
        self._errands = errands
        self._listeners: list[Callable[[PaperOnShow], None]] = []
        self._state = PaperOnShow()

    @property
    def state(self) -> PaperOnShow:
        """What the screen shows."""
        return self._state

    def listen(self, changed: Callable[[PaperOnShow], None]) -> None:
        """Call `changed` with the state after every deed."""
        self._listeners.append(changed)

    def look(self) -> None:
        """Ask what became of the paper; what was asked for and not promised is asked for again."""
        if self._state.busy:
            return
        if self._state.asked:
            self._ask()
            return
        self._show(replace(self._state, busy=True))
        self._errands.run(
            lambda: self._hub.papers(self._transaction_id), done=self._seen, failed=self._not_seen
        )

    def print_it(self) -> None:
        """The receipt on paper, please; while one is on its way this does nothing."""
        if not self._state.asked:
            self._show(replace(self._state, asked=True, notice=None))
            if not self._state.busy:
                self._ask()

    def _ask(self) -> None:
        self._show(replace(self._state, busy=True))

        def promise() -> Papers:
            self._hub.print_receipt(self._transaction_id, self._employee_id)
            return self._hub.papers(self._transaction_id)

        self._errands.run(promise, done=self._promised, failed=self._not_seen)

    def _promised(self, papers: Papers) -> None:
        self._show(PaperOnShow(papers))

    def _seen(self, papers: Papers) -> None:
        self._show(replace(self._state, papers=papers, busy=False, away=False, notice=None))

    def _not_seen(self, problem: Exception) -> None:
        """A sale that has not come to the hub yet, or a hub that is away: the next look asks again."""
        if not isinstance(problem, Refusal | Outage):
            self._show(replace(self._state, busy=False))
            raise problem
        if isinstance(problem, Outage):
            told = Notice(PAPER_WAITS, {}, NoticeKind.HINT) if self._state.asked else None
            self._show(replace(self._state, busy=False, away=True, notice=told))
        elif isinstance(problem, SaleNotFound):
            self._show(replace(self._state, busy=False, away=False))
        else:
            self._show(replace(self._state, busy=False, asked=False, notice=notice_of(problem)))

    def _show(self, state: PaperOnShow) -> None:
        self._state = state
        for changed in self._listeners:
            changed(state)
