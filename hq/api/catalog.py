"""The catalogue: single products, whole files, and the snapshot of spec 7.2."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from hq.api.office import ACaller, AnOffice, Office
from hq.catalog.commands import Changes, import_catalogue, put_products
from hq.catalog.limits import (
    BARCODES_MAX,
    BRAND_MAX,
    CATEGORY_MAX,
    NAME_MAX,
    PACK_MAX,
    SKU,
    TAX_CLASS_MAX,
    vat_class,
)
from hq.catalog.queries import snapshot
from hq.people.tokens import Caller
from retail import barcode as barcodes
from retail.money import AMOUNT_LIMIT
from retail.product import PackBarcode, Product
from retail.quantity import Unit
from retail.refusal import Refusal
from retail.staff import Permission
from retail.tax import scaled

router = APIRouter(tags=["catalogue"])

IMPORT_PATH = "/v1/catalog/import"
IMPORT_BYTES_MAX = 50_000_000
VERSION_MAX = 2**63 - 1

SkuId = Annotated[str, Path(pattern=SKU)]
PackSize = Annotated[int, Field(ge=1, le=PACK_MAX)]


class BarcodeIn(BaseModel):
    """A barcode and how many pieces one scan of it means."""

    model_config = ConfigDict(extra="forbid")

    barcode: str
    pack_size: PackSize = 1

    @field_validator("barcode")
    @classmethod
    def _readable(cls, text: str) -> str:
        try:
            return barcodes.read(text).text
        except Refusal as refusal:
            raise ValueError(refusal.code) from refusal


class ItemIn(BaseModel):
    """A product but its SKU. `barcode` is short for one barcode; `base_price` holds from now on."""

    model_config = ConfigDict(extra="forbid")

    product_name: Annotated[str, Field(min_length=1, max_length=NAME_MAX)]
    category: Annotated[str, Field(max_length=CATEGORY_MAX)] = ""
    tax_rate: Decimal
    tax_class: Annotated[str, Field(min_length=1, max_length=TAX_CLASS_MAX)] | None = None
    base_price: Annotated[int, Field(ge=0, le=AMOUNT_LIMIT, strict=True)] | None = None
    barcode: str | None = None
    barcodes: Annotated[list[BarcodeIn], Field(max_length=BARCODES_MAX)] = []
    brand: Annotated[str, Field(max_length=BRAND_MAX)] = ""
    unit: Unit = Unit.PIECE
    pack_of: Annotated[str, Field(pattern=SKU)] | None = None
    pack_size: PackSize = 1
    age_restricted: bool = False
    is_active: bool = True

    @field_validator("tax_rate")
    @classmethod
    def _possible(cls, rate: Decimal) -> Decimal:
        scaled(rate)
        return rate.normalize()

    @field_validator("barcodes", mode="before")
    @classmethod
    def _plain_text_too(cls, given: Any) -> Any:
        if not isinstance(given, list):
            return given
        return [{"barcode": code} if isinstance(code, str) else code for code in given]

    @model_validator(mode="after")
    def _one_list(self) -> ItemIn:
        if self.barcode is not None and all(code.barcode != self.barcode for code in self.barcodes):
            self.barcodes = [BarcodeIn(barcode=self.barcode), *self.barcodes]
        return self

    def product(self, sku_id: str) -> Product:
        """The product that this makes of the SKU."""
        return Product(
            sku_id=sku_id,
            product_name=self.product_name,
            category=self.category,
            tax_class=self.tax_class or vat_class(self.tax_rate),
            tax_rate=self.tax_rate,
            barcodes=tuple(PackBarcode(code.barcode, code.pack_size) for code in self.barcodes),
            brand=self.brand,
            unit=self.unit,
            pack_of=self.pack_of,
            pack_size=self.pack_size,
            age_restricted=self.age_restricted,
            is_active=self.is_active,
        )


@router.put("/v1/catalog/items/{sku_id}")
def put(sku_id: SkuId, body: ItemIn, response: Response, office: AnOffice, caller: ACaller) -> dict[str, Any]:
    """Make or change a product; `is_active: false` takes it out of the range."""
    product = body.product(sku_id)
    with office.deed(caller, "put item", sku_id, Permission.EDIT_CATALOGUE) as tx:
        changes = put_products(tx, [(product, body.base_price)], office.clock())
    response.status_code = 201 if changes.created else 200
    return {**product.to_body(), "version": changes.version}


@router.post(IMPORT_PATH)
async def import_file(request: Request, office: AnOffice, caller: ACaller) -> dict[str, int]:
    """Import a catalogue CSV as a whole, or refuse it with line and column and import nothing."""
    content = await request.body()
    changes = await run_in_threadpool(_import, office, caller, content)
    return changes.to_body()


def _import(office: Office, caller: Caller, content: bytes) -> Changes:
    subject = f"{len(content)} bytes"
    with office.deed(caller, "import catalogue", subject, Permission.EDIT_CATALOGUE) as tx:
        return import_catalogue(tx, content, office.clock())


@router.get("/v1/catalog/snapshot")
def read_snapshot(
    office: AnOffice,
    caller: ACaller,
    since_version: Annotated[int, Query(ge=0, le=VERSION_MAX)] = 0,
) -> Response:
    """What changed in the catalogue since a version (spec 7.2); a store sees its own prices."""
    with office.engine.connect() as tx:
        found = snapshot(tx, since_version, caller.store_id, office.clock())
    return Response(orjson.dumps(found), media_type="application/json")
