"""The address of a receipt on the customer's phone: nobody finds another customer's by guessing.

The token is the sale's id (16 bytes) and the first 12 bytes of the hash that seals its fact, in base64url.
The id alone says when something was sold; the hash is known to whoever holds the fact, and to nobody else:
what a receipt prints of it are 16 of these 96 bits.
"""

from __future__ import annotations

import base64
import binascii
import re
from uuid import UUID

from retail.refusal import Refusal

PLACE = "{token}"
PROOF_BYTES = 12
TOKEN_LENGTH = 38
"""Of 28 bytes in base64url without padding."""
URL_LENGTH_MAX = 200
ADDRESS = re.compile(r"(https://|http://(127\.0\.0\.1|localhost)(:\d+)?/)[!-~]+")


class BadReceiptUrl(Refusal):
    """The address has no place for the token, or is none a phone should open (`receipt_url`)."""

    code = "bad-receipt-url"


def checked_receipt_url(text: str) -> str:
    """The setting itself, empty for receipts on no phone; raises `BadReceiptUrl`.

    Plain http is for a machine's own tests only.
    """
    if text and (text.count(PLACE) != 1 or not ADDRESS.fullmatch(text) or len(text) > URL_LENGTH_MAX):
        raise BadReceiptUrl(receipt_url=text)
    return text


def receipt_link(receipt_url: str, transaction_id: UUID, sealed: str) -> str:
    """Where the receipt of this sale can be read; `sealed` is the hash of its fact, in hexadecimal."""
    return receipt_url.replace(PLACE, token_of(transaction_id, sealed))


def token_of(transaction_id: UUID, sealed: str) -> str:
    """The token of a sale whose fact has this hash (hexadecimal)."""
    secret = transaction_id.bytes + bytes.fromhex(sealed)[:PROOF_BYTES]
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def read_token(token: str) -> UUID | None:
    """The sale that a token speaks of; None for a text that is no token. Whether its proof is right is to be
    seen by `token_of` of the recorded fact."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    try:
        secret = base64.b64decode(f"{token}==", altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    return UUID(bytes=secret[:16])
