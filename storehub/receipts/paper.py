"""From a print job to the paper that its edition asks for."""

from __future__ import annotations

from datetime import datetime

from retail.payment import CASH
from retail.receipt import Receipt
from storehub.printers.job import Job
from storehub.printers.port import Paper
from storehub.receipts.drawing import draw_receipt


def paper_for(
    receipt: Receipt, job: Job, *, at: datetime, language: str = "vi", drawer_pin: int | None = None
) -> Paper:
    """The receipt as this job prints it now; the drawer on `drawer_pin` opens for cash at the counter only.

    Raises `UnknownCurrency`.
    """
    cash = any(tender.payment_method == CASH for tender in receipt.tenders)
    opens = drawer_pin is not None and cash and job.may_open_drawer(at)
    return Paper(draw_receipt(receipt, language, edition=job.edition), drawer_pin if opens else None)
