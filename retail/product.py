"""Products: one SKU, any number of barcodes, each with the pack it stands on (FR-3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from retail.quantity import Unit
from retail.refusal import Refusal


class ProductNotFound(Refusal):
    """No product of the catalogue has this barcode or SKU (`barcode` or `sku_id`)."""

    code = "product-not-found"


class ProductNotForSale(Refusal):
    """The product was taken out of the range (`sku_id`, `product_name`)."""

    code = "product-not-for-sale"


@dataclass(frozen=True, slots=True)
class PackBarcode:
    """A barcode and how many pieces of the product one scan of it means."""

    barcode: str
    pack_size: int = 1


@dataclass(frozen=True, slots=True)
class Product:
    """A product of the catalogue.

    `pack_of`/`pack_size`: this product is a pack of `pack_size` units of another SKU, has a price of
    its own, and moves the other's stock. `tax_rate` is the rate of `tax_class` at publication; dated
    rates of the class, where there are any, go before it (`retail.tax.rate_of`).
    """

    sku_id: str
    product_name: str
    category: str
    tax_class: str
    tax_rate: Decimal
    barcodes: tuple[PackBarcode, ...] = ()
    brand: str = ""
    unit: Unit = Unit.PIECE
    pack_of: str | None = None
    pack_size: int = 1
    age_restricted: bool = False
    is_active: bool = True

    def to_body(self) -> dict[str, Any]:
        """The product as news carries it (JSON types only)."""
        return {
            "sku_id": self.sku_id,
            "product_name": self.product_name,
            "category": self.category,
            "tax_class": self.tax_class,
            "tax_rate": format(self.tax_rate, "f"),
            "brand": self.brand,
            "unit": self.unit.value,
            "pack_of": self.pack_of,
            "pack_size": self.pack_size,
            "age_restricted": self.age_restricted,
            "is_active": self.is_active,
            "barcodes": [{"barcode": code.barcode, "pack_size": code.pack_size} for code in self.barcodes],
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Product:
        """The product of a piece of news; raises KeyError or ValueError on a body that is none."""
        return cls(
            sku_id=body["sku_id"],
            product_name=body["product_name"],
            category=body.get("category") or "",
            tax_class=body.get("tax_class") or "",
            tax_rate=Decimal(str(body["tax_rate"])),
            barcodes=tuple(
                PackBarcode(code["barcode"], code.get("pack_size", 1)) for code in body.get("barcodes", ())
            ),
            brand=body.get("brand") or "",
            unit=Unit(body.get("unit") or "piece"),
            pack_of=body.get("pack_of"),
            pack_size=body.get("pack_size") or 1,
            age_restricted=bool(body.get("age_restricted")),
            is_active=bool(body.get("is_active", True)),
        )
