"""A customer's receipt on the phone; nobody signs in for it, the token in its address is the key."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from hq.api.office import AnOffice
from hq.receipts.page import coming_page, receipt_page, unknown_page
from hq.receipts.queries import may_still_come, receipt_with
from hq.receipts.wording import language_of

router = APIRouter(tags=["receipts"])

HEADERS = {
    "cache-control": "private, no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "vary": "accept-language",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
}


@router.get("/r/{token}", include_in_schema=False)
def receipt(
    token: str,
    office: AnOffice,
    lang: Annotated[str | None, Query(max_length=10)] = None,
    accept_language: Annotated[str, Header(max_length=500)] = "",
) -> Response:
    """The receipt, or a word that it is on its way; a wrong token is answered like one of a sale to come."""
    language = language_of(lang, accept_language)
    with office.engine.connect() as tx:
        found = receipt_with(tx, token)
    if found is not None:
        return _page(receipt_page(found, language), 200)
    if may_still_come(token, office.clock()):
        return _page(coming_page(language), 200)
    return _page(unknown_page(language), 404)


def _page(text: str, status: int) -> Response:
    return Response(text, status_code=status, media_type="text/html; charset=utf-8", headers=HEADERS)
