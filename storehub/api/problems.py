"""Code → problem document: one table from the shop's refusals and the world's outages to HTTP.

A rule of the shop that is not listed is 422: the request was understood and cannot be done as it stands.
"""

from __future__ import annotations

import psycopg
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from courier.outage import Outage
from courier.problem import Problem
from retail.refusal import Refusal

STATUS = {
    "sign-in-failed": 401,
    "permission-denied": 403,
    "approval-needed": 403,
    "approval-does-not-cover": 403,
    "enrolment-code-not-valid": 403,
    "member-not-found": 404,
    "voucher-not-found": 404,
    "voucher-not-begun": 409,
    "voucher-ended": 409,
    "voucher-used": 409,
    "voucher-taken": 409,
    "product-not-found": 404,
    "line-not-found": 404,
    "transaction-not-found": 404,
    "shift-not-found": 404,
    "payment-not-found": 404,
    "receipt-not-found": 404,
    "set-aside-not-found": 404,
    "already-decided": 409,
    "still-not-applicable": 409,
    "deed-not-allowed": 409,
    "basket-elsewhere": 409,
    "payment-not-orphaned": 409,
    "basket-not-parked": 409,
    "basket-already-paid": 409,
    "refund-too-much": 409,
    "void-after-refund": 409,
    "void-too-late": 409,
    "refund-window-over": 409,
    "shift-still-open": 409,
    "shift-not-open": 409,
    "drawer-differs": 409,
    "journal-behind": 409,
    "code-of-another-terminal": 409,
    "not-enough-stock": 409,
    "payment-pending": 409,
    "payment-captured": 409,
    "payment-known-otherwise": 409,
    "too-many-tries": 429,
}
REFUSED = 422

TITLES = {
    "barcode-not-readable": "No barcode of ours looks like this",
    "wrong-check-digit": "The last digit of the barcode does not fit: scan it again",
    "half-scan": "Only a part of the barcode was read: scan it again",
    "two-codes-at-once": "Two barcodes came in one scan: scan them one after the other",
    "elements-not-readable": "The fields in this code do not fit together: scan it again",
    "link-without-product": "The link in this code names no product",
    "wrong-measure-digit": "The weight or price in the label was not read right: scan it again",
    "goods-expired": "These goods are past their date: they are not sold",
    "not-goods": "This is the code of a receipt, a voucher or a member, not of goods",
    "phone-not-readable": "That is no phone number",
    "member-not-found": "No member has this phone number or card",
    "voucher-not-found": "This store knows no such voucher",
    "voucher-not-begun": "The voucher counts from a later moment on",
    "voucher-ended": "The voucher's time is over",
    "voucher-used": "The voucher was used as often as it may be",
    "voucher-taken": "A voucher for the same promotion is on this sale already",
    "product-not-found": "No product has this barcode or SKU",
    "product-not-for-sale": "The product was taken out of the range",
    "no-price": "The product has no price in this store at this moment",
    "bad-quantity": "The quantity is not one that a line can hold",
    "bad-amount": "The amount is not one that can be paid",
    "basket-empty": "There is nothing to pay for",
    "basket-full": "The basket holds as many lines as a receipt can take",
    "deed-not-allowed": "The sale is in a state that does not allow this",
    "underpaid": "The payments do not reach the total",
    "overpaid": "The payment is more than what is left to pay",
    "unknown-payment-method": "The store does not take this payment method",
    "payment-pending": "Another payment of this sale is still open: cancel it first",
    "payment-captured": "The money is there: finalize the sale, then void it to give it back",
    "permission-denied": "The role does not allow this",
    "approval-needed": "Somebody with the permission has to say yes to this with their PIN",
    "reason-needed": "This goes into the audit log and needs a reason in words",
    "nothing-to-refund": "Name the goods that came back",
    "refund-too-much": "More is brought back than is left of the line",
    "refund-window-over": "The sale is too old; only a late refund with approval is left",
    "void-too-late": "Only a sale of today can be voided; refund it instead",
    "void-after-refund": "A part was refunded already; refund the rest instead",
    "shift-not-found": "No shift has this id in this store",
    "shift-not-open": "There is no open shift on this drawer",
    "shift-still-open": "The drawer belongs to a shift that is not closed yet",
    "drawer-differs": "Count again; if it stays so, a reason and an approval are needed",
    "bad-cash-count": "The count names a note that there is not, or an impossible number",
    "payment-not-orphaned": "The money belongs to a sale, was settled before, or never came",
    "basket-elsewhere": "Another till goes on with this basket",
    "basket-not-parked": "The basket is not parked: another till took it, or it was paid",
    "basket-already-paid": "The sale of this basket is recorded",
    "sign-in-failed": "Employee id and PIN do not fit together in this store",
    "too-many-tries": "Too many wrong PINs in a row: wait a little",
    "transaction-not-found": "No sale has this id in this store",
    "payment-not-found": "No payment has this id in this store",
    "line-not-found": "The sale has no such line",
    "not-enough-stock": "There is not enough in stock, and this store's setting blocks the sale",
    "code-of-another-terminal": "The code is for another terminal than this machine is",
    "journal-behind": "This journal is older than what has come from the till: start in an empty directory",
    "receipt-not-plausible": "That receipt number is far beyond what is known: look at the receipt again",
    "set-aside-not-found": "Nothing was set aside at this place",
    "already-decided": "Somebody has decided about this fact",
    "still-not-applicable": "The fact cannot be applied now either",
    "enrolment-code-not-valid": "The enrolment code is unknown, used or too old",
}


def problem_of(error: Exception) -> Problem | None:
    """The problem that an error of ours is, None for a bug."""
    if isinstance(error, Refusal):
        status = STATUS.get(error.code, REFUSED)
        headers = None
        if "wait_seconds" in error.detail:
            headers = {"retry-after": str(error.detail["wait_seconds"])}
        title = TITLES.get(error.code, "The rules of the shop do not allow this")
        detail = ", ".join(f"{name} {value}" for name, value in error.detail.items())
        extra = {name: value for name, value in error.detail.items() if name not in RESERVED}
        return Problem(status, error.code, title, detail, headers=headers, **extra)
    if isinstance(error, (OperationalError, NoFreeConnection)) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    ):
        return database_away()
    if isinstance(error, DataError | psycopg.DataError | UnicodeEncodeError):
        return Problem(
            422, "invalid-request", "The request is not valid", "it holds text that cannot be stored"
        )
    if isinstance(error, Outage):
        return Problem(
            503,
            "provider-away",
            "The payment provider cannot be reached now",
            f"{error.reason}; nothing is lost, ask again",
            headers={"retry-after": "2"},
        )
    return None


RESERVED = frozenset({"status", "code", "title", "detail", "headers", "type"})


def database_away() -> Problem:
    """503: nothing was recorded, or nobody can say whether it was; asking again is safe."""
    return Problem(
        503,
        "database-away",
        "The hub's database cannot be reached now",
        "Keep what you have and send it again",
        headers={"retry-after": "1"},
    )
