"""What a product of the catalogue may look like, in a file as in a request."""

from __future__ import annotations

import re
from decimal import Decimal

SKU = r"^[^\s/\x00-\x1f]{1,50}$"
NAME_MAX = 255
CATEGORY_MAX = 100
BRAND_MAX = 100
TAX_CLASS_MAX = 50
PACK_MAX = 100_000
BARCODES_MAX = 100

_SKU = re.compile(SKU)


def is_sku(text: str) -> bool:
    """Whether a product may be called that: it stands in paths and in the names of prices."""
    return _SKU.fullmatch(text) is not None and text.isprintable()


def vat_class(rate: Decimal) -> str:
    """The usual tax class of a rate: `VAT_8` for 0.08."""
    return f"VAT_{format((rate * 100).normalize(), 'f')}"
