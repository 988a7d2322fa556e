"""Sales at the hub (spec 4.2): open ones of the Checkout API and recorded ones of every till.

Amounts are BIGINT minor units. The spec's `synced_at` and `sync_attempts` are not kept here: what head
office has is one cursor (`courier.outbox.acknowledged`), so that a paid row is never written again.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from courier.tables import Moment
from retail.sale import SaleState
from storehub.database import metadata

transactions = Table(
    "transactions",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("store_id", String(50), nullable=False),
    Column("terminal_id", String(50), nullable=False),
    Column("cashier_id", String(50)),
    Column("status", String(20), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("prices_include_tax", Boolean, nullable=False),
    Column("subtotal", BigInteger, nullable=False, server_default=text("0")),
    Column("discount_amount", BigInteger, nullable=False, server_default=text("0")),
    Column("tax_amount", BigInteger, nullable=False, server_default=text("0")),
    Column("total_amount", BigInteger, nullable=False, server_default=text("0")),
    Column(
        "rounding_amount",
        BigInteger,
        nullable=False,
        server_default=text("0"),
        comment="what cash rounding adds to total_amount, either sign",
    ),
    Column("payment_method", String(50)),
    Column("payment_provider_ref", String(255)),
    Column("receipt_number", String(120)),
    Column("business_date", Date),
    Column("external_reference", String(200)),
    Column("origin", String(150), comment="who sealed the fact of this sale; null while it is open"),
    Column("local_sequence", BigInteger, comment="the fact's number in its origin's chain"),
    Column("proof", String(4), comment="head of the fact's hash, printed on the receipt"),
    Column("created_at", Moment(), nullable=False),
    Column("updated_at", Moment(), nullable=False),
    Column("completed_at", Moment()),
    Column("member_id", String(150)),
    Column("points_earned", BigInteger, nullable=False, server_default=text("0")),
    Column(
        "vouchers",
        JSONB(none_as_null=True),
        comment="[{code, promo_id}]: shown for an open sale, redeemed by a recorded one",
    ),
    CheckConstraint(
        "status IN ({})".format(", ".join(f"'{state}'" for state in SaleState)), name="transactions_status"
    ),
    Index("idx_txn_store_created", "store_id", "created_at"),
    Index("idx_txn_receipt_number", "receipt_number"),
    Index(
        "idx_txn_status",
        "status",
        postgresql_where=text("status IN ('DRAFT', 'PENDING_PAYMENT')"),
    ),
    comment="One row a sale; once PAID only its state may change (trigger transactions_paid_is_immutable).",
)

line_items = Table(
    "line_items",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("transaction_id", Uuid(), ForeignKey("transactions.id", ondelete="CASCADE"), nullable=False),
    Column("line_number", Integer, nullable=False),
    Column("sku_id", String(50), nullable=False),
    Column("barcode", String(50), nullable=False),
    Column("product_name", String(255), nullable=False),
    Column("category", String(100), nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("unit", String(10), nullable=False),
    Column("unit_price", BigInteger, nullable=False),
    Column("list_price", BigInteger, nullable=False),
    Column("price_version", BigInteger, nullable=False),
    Column("line_subtotal", BigInteger, nullable=False),
    Column("line_discount", BigInteger, nullable=False),
    Column("line_total", BigInteger, nullable=False),
    Column("tax_rate", Numeric(5, 4), nullable=False),
    Column("tax_amount", BigInteger, nullable=False),
    Column("override_reason", Text),
    Column("pack_of", String(50)),
    Column("pack_size", Integer, nullable=False),
    Column("age_restricted", Boolean, nullable=False),
    Column("applied_promotions", JSONB),
    Column("created_at", Moment(), nullable=False),
    CheckConstraint("quantity > 0", name="line_items_quantity"),
    Index("idx_line_items_txn", "transaction_id"),
    comment="Lines in the order of the receipt; quantity in pieces or grams, amounts in minor units.",
)

price_discrepancies = Table(
    "price_discrepancies",
    metadata,
    Column("line_item_id", Uuid(), primary_key=True),
    Column("transaction_id", Uuid(), nullable=False),
    Column("sku_id", String(50), nullable=False),
    Column("till_price", BigInteger, nullable=False),
    Column("till_version", BigInteger, nullable=False),
    Column("hub_price", BigInteger, comment="null: the hub knows no price of this product"),
    Column("hub_version", BigInteger),
    Column("noted_at", Moment(), nullable=False),
    Column("told_at", Moment(), comment="when it was sealed for head office"),
    Index("idx_price_discrepancies_untold", "noted_at", postgresql_where=text("told_at IS NULL")),
    comment="Sold at another list price than the hub's book had for that moment (FR-5.3): kept, to review.",
)

promotion_discrepancies = Table(
    "promotion_discrepancies",
    metadata,
    Column("transaction_id", Uuid(), primary_key=True),
    Column("till_discount", BigInteger, nullable=False),
    Column("hub_discount", BigInteger, nullable=False),
    Column(
        "lines",
        JSONB,
        nullable=False,
        comment="[{line_item_id, till, hub}] where they differ; each [{promo_id, name, discount_amount}]",
    ),
    Column("noted_at", Moment(), nullable=False),
    comment="Sold with other promotions than the hub's book gave for that moment (FR-5.3): kept, to review.",
)

voids = Table(
    "voids",
    metadata,
    Column("transaction_id", Uuid(), primary_key=True),
    Column("body", JSONB, nullable=False, comment="the fact TransactionVoided as it was sealed"),
    Column("position", BigInteger, nullable=False, unique=True, comment="the fact's in the outbox"),
    comment="Sales that were cancelled after they were paid; append-only.",
)

refunds = Table(
    "refunds",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("transaction_id", Uuid(), comment="null: without a receipt"),
    Column("store_id", String(50), nullable=False),
    Column("terminal_id", String(50), nullable=False),
    Column("business_date", Date, nullable=False),
    Column("refunded_at", Moment(), nullable=False),
    Column("refunded_by", String(50), nullable=False),
    Column("approved_by", String(50)),
    Column("reason", Text, nullable=False),
    Column("total_amount", BigInteger, nullable=False),
    Column("rounding_amount", BigInteger, nullable=False),
    Column("body", JSONB, nullable=False, comment="the fact RefundRecorded as it was sealed"),
    Column("position", BigInteger, nullable=False, unique=True, comment="the fact's in the outbox"),
    Index("idx_refunds_transaction", "transaction_id"),
    Index("idx_refunds_receipt_number", text("(body ->> 'receipt_number')")),
    Index("idx_refunds_refunded", "store_id", "refunded_at"),
    comment="Money given back against sales; append-only.",
)
