"""Rows as CSV, for those who ask for it by Accept."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def wants_csv(accept: str) -> bool:
    """Whether CSV is named before JSON; quality values are more than a report needs."""
    for kind in (part.partition(";")[0].strip() for part in accept.split(",")):
        if kind in ("text/csv", "application/json"):
            return kind == "text/csv"
    return False


def csv_of(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """RFC 4180, UTF-8, with a line of names."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows([{name: _cell(value) for name, value in row.items()} for row in rows])
    return out.getvalue().encode()


def _cell(value: Any) -> Any:
    """A spreadsheet must not run what a product's name begins with (CSV injection, OWASP)."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
