"""What comes out of the printer by itself, and when the drawer opens (chain setting `print_receipts`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from retail.access_facts import AccessDecided, AccessDeed, AccessOutcome
from retail.facts import SaleRecorded
from retail.payment import CASH
from retail.receipt import PrintReceipts
from retail.refund_facts import RefundRecorded, TransactionVoided
from retail.shift_facts import CashMoved, ShiftClosed
from storehub.catalog.queries import chain_rules
from storehub.database import print_jobs
from storehub.printers.commands import add_job
from storehub.printers.job import DRAWER_PATIENCE, Document
from storehub.sales.record import PrintJob

PRINT_WITHIN = timedelta(minutes=2)
"""What arrives later than this is nobody's at the counter any more: no paper comes out for it."""


@dataclass(frozen=True, slots=True)
class StorePrinter:
    """The store's printer by its name, and whether a drawer hangs on it."""

    name: str
    has_drawer: bool


class Printing:
    """Decides for each sale, refund and void; `load` after news, `printer` None for a store without one."""

    def __init__(self, printer: StorePrinter | None, new_id: Callable[[], UUID]) -> None:
        self._printer = printer
        self._new_id = new_id
        self._receipts = PrintReceipts.ALWAYS

    def load(self, tx: Connection) -> None:
        """Take the chain's setting as it is now."""
        self._receipts = chain_rules(tx).print_receipts

    def jobs_for(self, sale: SaleRecorded, at: datetime) -> list[PrintJob]:
        """The receipt, where it comes by itself, and the drawer for cash."""
        printer = self._printer
        if printer is None or not is_fresh(sale.sold_at, at):
            return []
        jobs = []
        if printer.has_drawer and _has_cash(tender.payment_method for tender in sale.tenders):
            jobs.append(PrintJob(self._new_id(), printer.name, Document.DRAWER))
        if self._receipts is PrintReceipts.ALWAYS:
            jobs.append(PrintJob(self._new_id(), printer.name))
        return jobs

    def put_slip(self, tx: Connection, fact: RefundRecorded | TransactionVoided, at: datetime) -> None:
        """Ask for the slip of a refund or void, and for the drawer when cash goes back."""
        printer = self._printer
        made_at = fact.voided_at if isinstance(fact, TransactionVoided) else fact.refunded_at
        if printer is None or not is_fresh(made_at, at):
            return
        documents = [Document.VOID if isinstance(fact, TransactionVoided) else Document.REFUND]
        if printer.has_drawer and _has_cash(tender.payment_method for tender in fact.tenders):
            documents.insert(0, Document.DRAWER)
        for document in documents:
            add_job(
                tx,
                print_jobs,
                job_id=self._new_id(),
                transaction_id=fact.transaction_id,
                printer=printer.name,
                at=at,
                document=document,
                document_id=fact.refund_id if isinstance(fact, RefundRecorded) else None,
            )

    @property
    def has_drawer(self) -> bool:
        """Whether there is a drawer that can be opened from here."""
        return self._printer is not None and self._printer.has_drawer

    def put_drawer(self, tx: Connection, asked_at: datetime, at: datetime) -> None:
        """Open the drawer for whoever asked a moment ago."""
        if self._printer is not None and self.has_drawer and abs(at - asked_at) < DRAWER_PATIENCE:
            self._put(tx, Document.DRAWER, None, at)

    def put_report(
        self, tx: Connection, document: Document, shift_id: UUID, at: datetime, *, copy: bool = False
    ) -> bool:
        """Ask for a report of a shift, however late: a closing whose hub was away has its paper coming.

        False where there is no printer.
        """
        if self._printer is None:
            return False
        self._put(tx, document, shift_id, at, copy=copy)
        return True

    def follow(self, tx: Connection, fact: CashMoved | ShiftClosed | AccessDecided, at: datetime) -> None:
        """What a till's shift wants of printer and drawer: cash that moved and a drawer that may be opened
        open it, a closing has a Z."""
        match fact:
            case ShiftClosed():
                self.put_report(tx, Document.Z_REPORT, fact.shift_id, at)
            case CashMoved():
                self.put_drawer(tx, fact.moved_at, at)
            case AccessDecided(deed=AccessDeed.OPEN_DRAWER, outcome=AccessOutcome.ALLOWED):
                self.put_drawer(tx, fact.decided_at, at)

    def _put(
        self, tx: Connection, document: Document, about: UUID | None, at: datetime, *, copy: bool = False
    ) -> None:
        assert self._printer is not None, "asked before"
        add_job(
            tx,
            print_jobs,
            job_id=self._new_id(),
            transaction_id=None,
            printer=self._printer.name,
            at=at,
            document=document,
            document_id=about,
            copy=copy,
        )


def is_fresh(made_at: datetime, at: datetime) -> bool:
    """Whether the customer is still at the counter."""
    return abs(at - made_at) < PRINT_WITHIN


def _has_cash(methods: Iterable[str]) -> bool:
    return CASH in methods
