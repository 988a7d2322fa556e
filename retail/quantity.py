"""Quantity: pieces or grams, always whole numbers."""

from __future__ import annotations

from enum import StrEnum

from retail.money import round_half_up
from retail.refusal import Refusal

GRAMS_PER_PRICE = 1000
"""A weighed good's unit price is the price of a kilogram."""

PIECES_LIMIT = 9_999
GRAMS_LIMIT = 999_999


class Unit(StrEnum):
    """What a product is counted in."""

    PIECE = "piece"
    GRAM = "gram"


class BadQuantity(Refusal):
    """The quantity is zero or larger than anybody can mean; on a line also when it is negative
    (`quantity`, `limit`)."""

    code = "bad-quantity"


def checked(quantity: int, unit: Unit) -> int:
    """The quantity itself when a line may hold it; raises `BadQuantity`."""
    limit = PIECES_LIMIT if unit is Unit.PIECE else GRAMS_LIMIT
    if type(quantity) is not int or not 0 < quantity <= limit:
        raise BadQuantity(quantity=quantity, limit=limit)
    return quantity


def pack_checked(pack_size: int) -> int:
    """The number of units in a pack itself when it can be one; raises `BadQuantity`."""
    return checked(pack_size, Unit.GRAM)


def checked_change(quantity_delta: int) -> int:
    """The change itself when stock can change by it, in pieces or grams; raises `BadQuantity`."""
    if type(quantity_delta) is not int or not 0 < abs(quantity_delta) <= GRAMS_LIMIT:
        raise BadQuantity(quantity=quantity_delta, limit=GRAMS_LIMIT)
    return quantity_delta


def extended(unit_price: int, quantity: int, unit: Unit) -> int:
    """Price of the whole line in minor units; grams are priced per kilogram and rounded half up."""
    if unit is Unit.GRAM:
        return round_half_up(unit_price * quantity, GRAMS_PER_PRICE)
    return unit_price * quantity
