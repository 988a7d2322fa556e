"""What goes wrong → status, code and sentence; one table for the whole of head office."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
import structlog
from sqlalchemy.exc import DataError

from courier.problem import Problem
from hq.database import AWAY
from hq.people.tokens import TokenExpired, TokenNotValid
from retail.refusal import Refusal

log = structlog.get_logger(__name__)

RETRY_SECONDS = 2

REFUSALS: Mapping[str, tuple[int, str, str]] = {
    # code: status, title, detail (figures of the refusal by name)
    "bad-price": (422, "That is no price", "{amount} is not a price in minor units"),
    "bad-promotion": (422, "The promotion cannot mean anything", "{field} {reason}"),
    "bad-setting": (422, "The setting cannot have this value", "{name} wants {wanted}"),
    "barcode-taken": (
        409,
        "The barcode belongs to another product",
        "{barcode} belongs to {taken_by} and cannot be given to {sku_id} as well",
    ),
    "broken-file": (
        422,
        "The file is broken; nothing was imported",
        "line {line}, column {column}: {reason}",
    ),
    "enrolment-code-not-valid": (
        403,
        "The enrolment code does not let anybody in",
        "it is unknown, used, too old, or a terminal's, which enrols at its store's hub; ask for a new one",
    ),
    "last-admin": (
        409,
        "The chain needs an administrator",
        "{employee_id} is the last one; make another person an administrator first",
    ),
    "member-code-taken": (409, "The card is another member's", "{taken_by} has this code"),
    "member-not-known": (404, "There is no such member", "there is no member {wanted}"),
    "member-phone-taken": (409, "The phone number is another member's", "{taken_by} has this number"),
    "moment-out-of-range": (422, "No clock has shown this moment", "{at} is outside the years 1 to 9999"),
    "no-voucher-promotion": (
        422,
        "The promotion needs no voucher",
        "there is no promotion {promo_id} with voucher_required; state it first, or give an amount",
    ),
    "pack-of-unknown": (
        422,
        "There is no such product",
        "{sku_id} is a pack of {pack_of}, which there is not",
    ),
    "permission-denied": (403, "You may not do this", "the role {role} does not allow: {permission}"),
    "phone-not-readable": (422, "That is no phone number", "{phone} is no phone number"),
    "pin-needed": (422, "A PIN is needed", "{employee_id} is new, so a PIN of 4 to 12 digits is needed"),
    "price-ends-first": (
        422,
        "The price would end before it begins",
        "effective_to {effective_to} must come after effective_from {effective_from}",
    ),
    "product-not-found": (404, "There is no such product", "there is no product {sku_id}"),
    "promotion-exists": (
        409,
        "There is another promotion of this name",
        "{promo_id} says something else already; change it with PUT, or choose another promo_id",
    ),
    "promotion-not-found": (404, "There is no such promotion", "there is no promotion {promo_id}"),
    "already-decided": (409, "Somebody has decided about this fact", "{decided_by} said: {decision}"),
    "set-aside-not-found": (404, "Nothing was set aside there", "nothing at {pipe}, position {position}"),
    "still-not-applicable": (409, "The fact cannot be applied now either", "{reason_code}: {reason}"),
    "sign-in-failed": (401, "Signing in failed", "id and PIN or secret do not fit together"),
    "store-not-found": (404, "There is no such store", "there is no store {store_id}"),
    "tier-not-found": (422, "There is no such tier", "the loyalty rules have no tier {tier}"),
    "voucher-code-taken": (409, "The code is another voucher's", "{voucher} is taken"),
    "voucher-not-known": (404, "There is no such voucher", "there is no voucher {voucher}"),
    "voucher-series-exists": (
        409,
        "There is a series of this name",
        "{series_id} is the name of a series or a promotion already; choose another",
    ),
    "too-many-attempts": (429, "Too many wrong attempts", "try again in {seconds} s"),
}


def translate(error: Exception) -> Problem | None:
    """The problem that this error is to whoever asked; None for a bug."""
    if isinstance(error, Refusal):
        return of_refusal(error)
    if isinstance(error, TokenExpired):
        return not_authenticated("token-expired", "The token has ended", "sign in again")
    if isinstance(error, TokenNotValid):
        return not_authenticated("not-authenticated", "The token is not valid", "it is not one of ours")
    if isinstance(error, AWAY):
        log.warning("database away", error=type(error).__name__)
        return Problem(
            503,
            "database-away",
            "Head office cannot reach its database",
            "nothing was changed that was not answered; try again",
            headers={"retry-after": str(RETRY_SECONDS)},
        )
    if isinstance(error, DataError | psycopg.DataError | UnicodeEncodeError):
        return Problem(
            422, "invalid-request", "The request is not valid", "it holds text that cannot be stored"
        )
    return None


def of_refusal(refusal: Refusal) -> Problem | None:
    """The problem of a refusal, with its figures as members; None for a code that the table lacks."""
    if refusal.code not in REFUSALS:
        return None
    status, title, detail = REFUSALS[refusal.code]
    headers = {"retry-after": str(refusal.detail["seconds"])} if status == 429 else None
    return Problem(
        status, refusal.code, title, detail.format(**refusal.detail), headers=headers, **refusal.detail
    )


def not_authenticated(code: str, title: str, detail: str) -> Problem:
    """A 401; RFC 9110 wants it to say how to authenticate."""
    return Problem(401, code, title, detail, headers={"www-authenticate": "Bearer"})


def wrong_store(token_store: str, other: str) -> Problem:
    """A store's token was used for something of another store."""
    return Problem(
        403,
        "wrong-store",
        "The token belongs to another store",
        f"the token of {token_store} is no good for {other}",
        store_id=token_store,
    )
