"""Ids have types and are born at the edge that first knows the thing (UUIDv7 where they are UUIDs)."""

from __future__ import annotations

from typing import NewType
from uuid import UUID

SaleId = NewType("SaleId", UUID)
LineId = NewType("LineId", UUID)
PaymentId = NewType("PaymentId", UUID)
Sku = NewType("Sku", str)
StoreId = NewType("StoreId", str)
TerminalId = NewType("TerminalId", str)
EmployeeId = NewType("EmployeeId", str)
