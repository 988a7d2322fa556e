"""From a print job to what goes to the printer: a receipt, a slip, a report, or an open drawer."""

from __future__ import annotations

from datetime import datetime

from PIL import Image
from sqlalchemy import Connection

from storehub.printers.job import Document, Job
from storehub.printers.port import Paper
from storehub.receipts.drawing import draw_receipt, draw_rows
from storehub.receipts.recorded import receipt_now, refund_slip_now, void_slip_now
from storehub.receipts.report import report_now, report_rows
from storehub.receipts.slip import slip_rows
from storehub.receipts.wording import wording_of

REPORTS = (Document.X_REPORT, Document.X_BLIND, Document.Z_REPORT)


def paper_for(
    tx: Connection, job: Job, *, at: datetime, language: str = "vi", drawer_pin: int | None = None
) -> Paper:
    """What this job prints now; a drawer opens while somebody may stand at it.

    Raises `UnknownCurrency`, `TransactionNotFound`, `ReceiptNotFound`, `ShiftNotFound`.
    """
    if job.document is Document.DRAWER:
        return Paper(None, drawer_pin if job.may_open_drawer(at) else None)
    return Paper(_picture(tx, job, at, language))


def _picture(tx: Connection, job: Job, at: datetime, language: str) -> Image.Image:
    if job.document in REPORTS:
        assert job.document_id is not None, "a report names its shift"
        report = report_now(tx, job.document_id, at, blind=job.document is Document.X_BLIND)
        return draw_rows(report_rows(report, wording_of(language), job.edition))
    if job.document is Document.REFUND:
        assert job.document_id is not None, "a refund's slip names its refund"
        slip = refund_slip_now(tx, job.document_id)
    else:
        assert job.transaction_id is not None, "a receipt names its sale"
        if job.document is Document.RECEIPT:
            receipt, _ = receipt_now(tx, job.transaction_id)
            return draw_receipt(receipt, language, edition=job.edition)
        slip = void_slip_now(tx, job.transaction_id)
    return draw_rows(slip_rows(slip, wording_of(language), job.edition))
