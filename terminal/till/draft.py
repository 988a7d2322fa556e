"""The open basket as the journal keeps it, so that a crash or a power cut brings it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from retail.age import AgeCheck
from retail.basket import AppliedPromotion, Basket, Line, Totals, total_of
from retail.payment import Tender
from retail.quantity import Unit
from terminal.till.customer import NOBODY, Customer
from terminal.till.parking_slip import ParkingSlip
from terminal.till.qr import QrAsk


@dataclass(frozen=True, slots=True)
class Draft:
    """A sale that is not paid yet: its id, its basket and what has been paid or asked for so far; `customer`:
    who buys; `age`: who saw that the customer is old enough for what is in it.

    `savings` (per line what promotions take off it) are fixed when payment begins, at `rung_up_at`: what
    the customer was told is what is recorded, though a happy hour ends, promotions change or the power
    fails meanwhile. They mean nothing while the basket is still open; a replay has none.
    """

    sale_id: UUID
    basket: Basket
    tenders: tuple[Tender, ...] = ()
    qr: QrAsk | None = None
    savings: tuple[tuple[AppliedPromotion, ...], ...] = ()
    rung_up_at: datetime | None = None
    age: AgeCheck | None = None
    customer: Customer = NOBODY
    slip: ParkingSlip | None = None
    """Set while the basket is parked."""

    @property
    def paying(self) -> bool:
        """Whether money has changed hands or been asked for: the basket is closed then."""
        return bool(self.tenders) or self.qr is not None

    @property
    def totals(self) -> Totals:
        """The bill, with the savings as they were when payment began."""
        return total_of(self.basket.lines, self.basket.prices_include_tax, self.savings)


def written(draft: Draft) -> str:
    """The draft as JSON text."""
    return orjson.dumps(
        {
            "sale_id": draft.sale_id,
            "currency": draft.basket.currency,
            "prices_include_tax": draft.basket.prices_include_tax,
            "lines": draft.basket.lines,
            "tenders": [tender.to_body() for tender in draft.tenders],
            "qr": asdict(draft.qr) if draft.qr else None,
            "savings": [[applied.to_body() for applied in line] for line in draft.savings],
            "rung_up_at": draft.rung_up_at,
            "age": draft.age.to_body() if draft.age else None,
            "customer": draft.customer.to_body(),
            "slip": draft.slip.to_body() if draft.slip else None,
        },
        default=str,
    ).decode()


def read_back(text: str) -> Draft:
    """The draft of a JSON text; raises KeyError, TypeError or ValueError when it is none."""
    return read_back_body(orjson.loads(text))


def body_of(draft: Draft) -> dict[str, Any]:
    """The draft as another till gets it through the hub (JSON types only)."""
    body: dict[str, Any] = orjson.loads(written(draft))
    return body


def read_back_body(body: Mapping[str, Any]) -> Draft:
    """The draft of a parsed text; raises as `read_back`."""
    rung_up_at = body.get("rung_up_at")
    return Draft(
        sale_id=UUID(body["sale_id"]),
        basket=Basket(
            prices_include_tax=body["prices_include_tax"],
            currency=body["currency"],
            lines=tuple(_line(line) for line in body["lines"]),
        ),
        tenders=tuple(Tender.from_body(tender) for tender in body["tenders"]),
        qr=_ask(body["qr"]) if body["qr"] else None,
        # A draft from before there were promotions has none, as its customer was told.
        savings=tuple(tuple(map(AppliedPromotion.from_body, line)) for line in body.get("savings", ())),
        rung_up_at=datetime.fromisoformat(rung_up_at) if rung_up_at else None,
        age=AgeCheck.from_body(body["age"]) if body.get("age") else None,
        # A draft from before there were members was nobody's.
        customer=Customer.from_body(body["customer"]) if body.get("customer") else NOBODY,
        slip=ParkingSlip.from_body(body["slip"]) if body.get("slip") else None,
    )


def _line(body: dict[str, Any]) -> Line:
    return Line(
        **{
            **body,
            "line_item_id": UUID(body["line_item_id"]),
            "tax_rate": Decimal(body["tax_rate"]),
            "unit": Unit(body["unit"]),
        }
    )


def _ask(body: dict[str, Any]) -> QrAsk:
    expires_at = body["expires_at"]
    return QrAsk(
        payment_id=UUID(body["payment_id"]),
        payment_method=body["payment_method"],
        amount=body["amount"],
        text=body["text"],
        expires_at=datetime.fromisoformat(expires_at) if expires_at else None,
    )
