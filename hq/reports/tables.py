"""The books: what the facts of the ledger say, laid out for reports. All of it can be rebuilt from there.

Amounts are BIGINT minor units. Every table is partitioned by month of `business_date`; partitions are
made when the first fact of a month is applied. There are no foreign keys: rows come only from the
projection, a whole fact at a time, and a check per row would cost more than writing it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
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
from hq.database import metadata

BY_MONTH = "RANGE (business_date)"

transactions = Table(
    "transactions",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("business_date", Date, primary_key=True),
    Column("store_id", String(50), nullable=False),
    Column("terminal_id", String(50), nullable=False),
    Column("cashier_id", String(50), nullable=False),
    Column("receipt_number", String(120), nullable=False),
    Column("status", String(20), nullable=False, comment="PAID; VOID or REFUNDED once that is known"),
    Column("sold_at", Moment(), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("prices_include_tax", Boolean, nullable=False),
    Column("subtotal", BigInteger, nullable=False),
    Column("discount_amount", BigInteger, nullable=False),
    Column("tax_amount", BigInteger, nullable=False),
    Column("total_amount", BigInteger, nullable=False),
    Column("item_quantity", BigInteger, nullable=False, comment="pieces; a weighed line counts as one"),
    Column("external_reference", String(200)),
    Column("pipe", String(150), nullable=False, comment="with position: its fact in the ledger"),
    Column("position", BigInteger, nullable=False),
    Index("idx_transactions_store_date", "store_id", "business_date"),
    postgresql_partition_by=BY_MONTH,
    comment="One row a paid sale.",
)

line_items = Table(
    "line_items",
    metadata,
    Column("transaction_id", Uuid(), primary_key=True),
    Column("line_number", Integer, primary_key=True, autoincrement=False),
    Column("business_date", Date, primary_key=True),
    Column("line_item_id", Uuid(), nullable=False),
    Column("sku_id", String(50), nullable=False),
    Column("barcode", String(50), nullable=False),
    Column("product_name", String(255), nullable=False),
    Column("category", String(100), nullable=False),
    Column("quantity", BigInteger, nullable=False, comment="pieces or grams"),
    Column("unit", String(10), nullable=False),
    Column("item_quantity", BigInteger, nullable=False, comment="pieces; a weighed line counts as one"),
    Column("unit_price", BigInteger, nullable=False),
    Column("list_price", BigInteger, nullable=False),
    Column("line_subtotal", BigInteger, nullable=False),
    Column("line_discount", BigInteger, nullable=False),
    Column("tax_rate", Numeric(5, 4)),
    Column("tax_amount", BigInteger, nullable=False),
    Column("line_amount", BigInteger, nullable=False, comment="the line's part of total_amount"),
    Column("override_reason", Text),
    Column("applied_promotions", JSONB, comment="[{promo_id, name, discount_amount}], part of line_discount"),
    Index("idx_line_items_open", "business_date", postgresql_where=text("sku_id = 'OPEN'")),
    postgresql_partition_by=BY_MONTH,
    comment="Lines in the order of the receipt.",
)

payments = Table(
    "payments",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("business_date", Date, primary_key=True),
    Column("transaction_id", Uuid(), nullable=False),
    Column("payment_number", Integer, nullable=False, comment="place among the tenders of its sale"),
    Column("payment_method", String(50), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("tendered", BigInteger),
    Column("change", BigInteger, nullable=False),
    Column("provider", String(50)),
    Column("provider_txn_id", String(255)),
    Index("idx_payments_transaction", "transaction_id"),
    postgresql_partition_by=BY_MONTH,
    comment="Tenders of the recorded sales; amount is the part of the total that the tender covers.",
)

payment_captures = Table(
    "payment_captures",
    metadata,
    Column("payment_id", Uuid(), primary_key=True),
    Column("business_date", Date, primary_key=True),
    Column("transaction_id", Uuid(), nullable=False),
    Column("store_id", String(50), nullable=False),
    Column("payment_method", String(50), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("provider", String(50), nullable=False),
    Column("provider_txn_id", String(255), nullable=False),
    Column("captured_at", Moment(), nullable=False),
    postgresql_partition_by=BY_MONTH,
    comment="What providers said they captured, sale or no sale; never summed into a report of sales.",
)

voids = Table(
    "voids",
    metadata,
    Column("transaction_id", Uuid(), primary_key=True),
    Column("business_date", Date, primary_key=True, comment="the day of the void, not of the sale"),
    Column("sale_date", Date, nullable=False, comment="the sale's own business_date"),
    Column("store_id", String(50), nullable=False),
    Column("voided_at", Moment(), nullable=False),
    Column("voided_by", String(50), nullable=False),
    Column("approved_by", String(50), nullable=False),
    Column("reason", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    postgresql_partition_by=BY_MONTH,
    comment="Sales that were cancelled after they were paid; the sale's own row keeps its amounts.",
)

refunds = Table(
    "refunds",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("business_date", Date, primary_key=True, comment="the day of the refund, not of the sale"),
    Column("transaction_id", Uuid(), comment="null: without a receipt"),
    Column("store_id", String(50), nullable=False),
    Column("terminal_id", String(50), nullable=False),
    Column("cashier_id", String(50), nullable=False, comment="who sold; without a receipt, who gave back"),
    Column("refunded_at", Moment(), nullable=False),
    Column("refunded_by", String(50), nullable=False),
    Column("approved_by", String(50)),
    Column("reason", Text, nullable=False),
    Column("tax_amount", BigInteger, nullable=False),
    Column("total_amount", BigInteger, nullable=False, comment="what the goods had cost"),
    Column("rounding_amount", BigInteger, nullable=False),
    Column("pipe", String(150), nullable=False, comment="with position: its fact in the ledger"),
    Column("position", BigInteger, nullable=False),
    Index("idx_refunds_transaction", "transaction_id"),
    Index("idx_refunds_store_date", "store_id", "business_date"),
    postgresql_partition_by=BY_MONTH,
    comment="Money given back against sales; the sales' own rows keep their amounts.",
)

refund_lines = Table(
    "refund_lines",
    metadata,
    Column("refund_id", Uuid(), primary_key=True),
    Column("line_number", Integer, primary_key=True, autoincrement=False),
    Column("business_date", Date, primary_key=True),
    Column("line_item_id", Uuid(), nullable=False, comment="the line of the sale"),
    Column("sku_id", String(50), nullable=False),
    Column("category", String(100), nullable=False),
    Column("quantity", BigInteger, nullable=False, comment="pieces or grams"),
    Column("unit", String(10), nullable=False),
    Column("item_quantity", BigInteger, nullable=False, comment="pieces; a weighed line counts as one"),
    Column("tax_amount", BigInteger, nullable=False),
    Column("line_amount", BigInteger, nullable=False, comment="the line's part of total_amount"),
    Column("restock", Boolean, nullable=False),
    postgresql_partition_by=BY_MONTH,
    comment="What came back, line by line.",
)

refund_tenders = Table(
    "refund_tenders",
    metadata,
    Column("refund_id", Uuid(), primary_key=True),
    Column("payment_number", Integer, primary_key=True, autoincrement=False),
    Column("business_date", Date, primary_key=True),
    Column("payment_method", String(50), nullable=False),
    Column("amount", BigInteger, nullable=False),
    postgresql_partition_by=BY_MONTH,
    comment="How the money went back; together total_amount and rounding_amount of the refund.",
)

origin_sums = Table(
    "origin_sums",
    metadata,
    Column("origin", String(150), primary_key=True),
    Column("sales_count", BigInteger, nullable=False),
    Column("sales_total", BigInteger, nullable=False),
    comment="Sales of each origin so far, kept up by the projection, so that completeness costs no scan.",
)

PARTITIONED = (
    transactions,
    line_items,
    payments,
    payment_captures,
    voids,
    refunds,
    refund_lines,
    refund_tenders,
)
