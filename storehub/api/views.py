"""What the hub answers, as JSON types: the shapes of spec 7.1 and what goes beyond them."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import qrcode

from retail.basket import AppliedPromotion, RungLine, Totals
from retail.member import Member
from retail.payment import Tender
from retail.receipt import Receipt
from storehub.catalog.queries import Ware
from storehub.payments.queries import Ask
from storehub.sales.queries import OpenSale, RecordedSale
from storehub.stock.queries import Level


def line_view(rung: RungLine) -> dict[str, Any]:
    """A line as the caller put it in; `line_total` is before tax where prices do not include it."""
    line = rung.line
    return {
        "line_item_id": str(line.line_item_id),
        "sku_id": line.sku_id,
        "barcode": line.barcode,
        "product_name": line.product_name,
        "unit_price": line.unit_price,
        "quantity": line.quantity,
        "unit": line.unit.value,
        "line_subtotal": rung.line_subtotal,
        "line_discount": rung.line_discount,
        "line_total": rung.line_total,
        "applied_promotions": _promotions_view(rung.promotions),
        "tax_rate": float(line.tax_rate),
    }


def totals_view(totals: Totals) -> dict[str, Any]:
    """What a sale comes to."""
    return {
        "subtotal": totals.subtotal,
        "tax_amount": totals.tax_amount,
        "discount_amount": totals.discount_amount,
        "total_amount": totals.total_amount,
        "applied_promotions": _promotions_view(totals.applied_promotions),
    }


def _promotions_view(promotions: Iterable[AppliedPromotion]) -> list[dict[str, Any]]:
    return [applied.to_body() for applied in promotions]


def sale_view(sale: OpenSale, asks: Iterable[Ask], recorded: RecordedSale | None) -> dict[str, Any]:
    """A sale with its lines, its payments and, once it is recorded, where its receipt is."""
    totals = recorded.sale.totals if recorded else sale.totals
    paid = [_tender_view(tender) for tender in recorded.sale.tenders] if recorded else None
    return {
        "transaction_id": str(sale.transaction_id),
        "store_id": sale.store_id,
        "terminal_id": sale.terminal_id,
        "cashier_id": sale.cashier_id,
        "status": sale.state.value,
        "created_at": sale.created_at.isoformat(),
        "completed_at": recorded.sale.sold_at.isoformat() if recorded else None,
        "currency": sale.basket.currency,
        "prices_include_tax": sale.basket.prices_include_tax,
        "line_items": [line_view(rung) for rung in totals.lines],
        **totals_view(totals),
        "payments": paid if paid is not None else [ask_view(ask, picture=False) for ask in asks],
        "receipt_number": sale.receipt_number,
        "receipt_url": receipt_url(sale) if recorded else None,
        "member_id": sale.member_id,
        "points_earned": recorded.sale.points_earned if recorded else None,
        "vouchers": [voucher.to_body() for voucher in sale.vouchers],
    }


def member_view(member: Member | None) -> dict[str, Any] | None:
    """Who buys, as a cashier sees them; the points are those of `points_as_of`."""
    if member is None:
        return None
    body = member.to_body()
    return {name: body[name] for name in ("member_id", "name", "tier", "points", "points_as_of")}


def finished_view(sale: OpenSale) -> dict[str, Any]:
    """The answer to finalize."""
    return {
        "transaction_id": str(sale.transaction_id),
        "status": sale.state.value,
        "receipt_url": receipt_url(sale),
    }


def receipt_url(sale: OpenSale) -> str:
    """Where the receipt of a sale is."""
    return f"/api/v1/receipts/{sale.transaction_id}"


def ask_view(ask: Ask, *, picture: bool = True) -> dict[str, Any]:
    """A payment; `qr_code_data` is the QR code as a PNG in base64, `qr_text` what it says."""
    view: dict[str, Any] = {
        "payment_id": str(ask.payment_id),
        "transaction_id": str(ask.transaction_id),
        "payment_method": ask.payment_method,
        "amount": ask.amount,
        "status": ask.state.value,
        "provider_txn_id": ask.provider_txn_id,
        "captured_at": ask.captured_at.isoformat() if ask.captured_at else None,
        "failed_reason": ask.failed_reason,
    }
    if ask.is_cash:
        return view | {
            "tendered": ask.tendered,
            "change": ask.change,
            "rounding_amount": ask.rounding_amount,
        }
    view |= {
        "qr_text": ask.qr_text,
        "expires_at": ask.expires_at.isoformat() if ask.expires_at else None,
    }
    if picture:
        view["qr_code_data"] = qr_picture(ask.qr_text) if ask.qr_text else None
    return view


@lru_cache(maxsize=64)
def qr_picture(text: str) -> str:
    """The QR code of a text (ISO/IEC 18004, level M) as a PNG in base64."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=6, border=4)
    code.add_data(text)
    code.make(fit=True)
    png = io.BytesIO()
    code.make_image().save(png)
    return base64.b64encode(png.getvalue()).decode()


def ware_view(ware: Ware, level: Level) -> dict[str, Any]:
    """A product as the Catalog API shows it."""
    product = ware.product
    return {
        "sku_id": product.sku_id,
        "barcode": ware.barcode,
        "product_name": product.product_name,
        "category": product.category,
        "base_price": ware.price.amount,
        "tax_rate": float(ware.tax_rate),
        "in_stock": level.available_stock > 0,
        "available_quantity": level.available_stock,
        "unit": product.unit.value,
        "pack_size": ware.pack_size,
        "quantity": ware.quantity,
        "label_price": ware.label_price,
        "is_active": product.is_active,
        "age_restricted": product.age_restricted,
    }


def receipt_view(receipt: Receipt, status: str) -> dict[str, Any]:
    """The receipt as data (FR-1.4); `sold_at` is on the store's wall clock."""
    store = receipt.store
    return {
        "transaction_id": receipt.transaction_id,
        "status": status,
        "receipt_number": receipt.receipt_number,
        "proof": receipt.proof,
        "store": {
            "store_id": store.store_id,
            "name": store.name,
            "address": store.address,
            "tax_code": store.tax_code,
            "phone": store.phone,
        },
        "terminal_id": receipt.terminal_id,
        "cashier_id": receipt.cashier_id,
        "sold_at": receipt.sold_at.isoformat(),
        "currency": receipt.currency,
        "prices_include_tax": receipt.prices_include_tax,
        "line_items": [
            {
                "product_name": line.product_name,
                "quantity": line.quantity,
                "unit": line.unit,
                "unit_price": line.unit_price,
                "line_discount": line.line_discount,
                "line_total": line.line_total,
                "applied_promotions": _promotions_view(line.promotions),
            }
            for line in receipt.lines
        ],
        "subtotal": receipt.subtotal,
        "discount_amount": receipt.discount_amount,
        "tax_amount": receipt.tax_amount,
        "total_amount": receipt.total_amount,
        "rounding_amount": receipt.rounding_amount,
        "taxes": [
            {
                "tax_rate": float(tax.rate),
                "net_amount": tax.net_amount,
                "tax_amount": tax.tax_amount,
                "gross_amount": tax.gross_amount,
            }
            for tax in receipt.taxes
        ],
        "tenders": [
            {
                "payment_method": tender.payment_method,
                "amount": tender.amount,
                "tendered": tender.tendered,
                "change": tender.change,
                "provider_txn_id": tender.provider_txn_id,
            }
            for tender in receipt.tenders
        ],
        "member": asdict(receipt.member) if receipt.member else None,
        "vouchers": list(receipt.vouchers),
    }


def _tender_view(tender: Tender) -> dict[str, Any]:
    return tender.to_body() | {"status": "CAPTURED"}
