"""Receipts: as data, as text, as a picture, and once more on paper (FR-1.4)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.responses import Response

from courier.problem import Problem
from retail.staff import Permission
from storehub.api.call import Answer, CallDep, Deed
from storehub.api.hub import Hub
from storehub.api.views import receipt_view
from storehub.database import print_jobs
from storehub.printers.commands import add_job
from storehub.printers.job import Edition
from storehub.printers.queries import papers_of
from storehub.receipts.drawing import draw_receipt, png_of
from storehub.receipts.printing import is_fresh
from storehub.receipts.recorded import receipt_now
from storehub.receipts.text import write_receipt

router = APIRouter(prefix="/api/v1/receipts", tags=["receipts"])

JSON, TEXT, PNG = "application/json", "text/plain", "image/png"


@router.get("/{transaction_id}")
def get_receipt(transaction_id: UUID, request: Request, call: CallDep, copy: bool = False) -> Response:
    """The receipt in the form that Accept asks for: JSON, text or a PNG picture; `copy` marks it as one."""
    form = wanted(request.headers.get("accept", ""))
    with call.hub.engine.connect() as tx:
        receipt, status = receipt_now(tx, transaction_id)
    language = call.hub.receipt_language
    edition = Edition.COPY if copy else Edition.ORIGINAL
    if form == TEXT:
        return Response(write_receipt(receipt, language, edition=edition), media_type=TEXT)
    if form == PNG:
        return Response(png_of(draw_receipt(receipt, language, edition=edition)), media_type=PNG)
    return Answer(receipt_view(receipt, status))


class PrintAsked(BaseModel):
    """Who asked for the paper at a terminal, whose token names nobody."""

    employee_id: Annotated[str, Field(max_length=50)] = ""


@router.post("/{transaction_id}/print", status_code=202)
def print_receipt(transaction_id: UUID, call: CallDep, body: PrintAsked | None = None) -> Answer:
    """Put the receipt into the print queue: marked as a copy, unless it is the first one of a sale whose
    customer is still at the counter."""
    printer = _printer(call.hub)
    job_id = call.hub.new_id()

    def do(tx: Connection) -> dict[str, Any]:
        receipt, _ = receipt_now(tx, transaction_id)
        first = is_fresh(receipt.sold_at, call.at) and not papers_of(tx, print_jobs, transaction_id)
        add_job(
            tx,
            print_jobs,
            job_id=job_id,
            transaction_id=transaction_id,
            printer=printer,
            at=call.at,
            copy=not first,
        )
        return {"print_job_id": str(job_id), "status": "WAITING", "copy": not first}

    asked_by = body.employee_id if body else ""
    detail = {"asked_by": asked_by} if asked_by else None
    deed = Deed("reprint receipt", Permission.REPRINT, str(transaction_id), by_terminals=True, detail=detail)
    answer = call.write(deed, do, 202)
    call.hub.wake_printer()
    return answer


@router.get("/{transaction_id}/papers")
def papers(transaction_id: UUID, call: CallDep) -> Answer:
    """Whether paper came: the papers that were asked for, the oldest first."""

    def find(tx: Connection) -> dict[str, Any]:
        receipt_now(tx, transaction_id)
        return {"printer": call.hub.printer, "papers": papers_of(tx, print_jobs, transaction_id)}

    return call.read(find)


def wanted(accept: str) -> str:
    """The media type of ours that an Accept header likes best (RFC 9110, 12.5.1).

    Raises a `Problem` (406).
    """
    best, best_weight = "", 0.0
    for place in accept.split(",") if accept.strip() else ["*/*"]:
        name, _, parameters = place.strip().partition(";")
        weight = 1.0
        for parameter in parameters.split(";"):
            key, _, value = parameter.strip().partition("=")
            if key == "q":
                try:
                    weight = float(value)
                except ValueError:
                    weight = 0.0
        for form in (JSON, TEXT, PNG):
            kind = form.partition("/")[0]
            if name.strip().lower() in (form, f"{kind}/*", "*/*") and weight > best_weight:
                best, best_weight = form, weight
    if not best:
        raise Problem(406, "not-acceptable", f"A receipt comes as {JSON}, {TEXT} or {PNG}")
    return best


def _printer(hub: Hub) -> str:
    if hub.printer is None:
        raise Problem(409, "no-printer", "This store has no printer (setting STOREHUB_PRINTER)")
    return hub.printer
