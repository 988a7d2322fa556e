"""A fact's sums are checked when it is read, whoever wrote it."""

from __future__ import annotations

from uuid import UUID

from retail.refusal import Refusal


class FactDoesNotAddUp(Refusal):
    """A total of the fact is not the sum of its parts (`transaction_id`, `field`, `stated`, `computed`)."""

    code = "fact-does-not-add-up"


def demand_sum(stated: int, computed: int, *, field: str, transaction_id: str | UUID | None) -> int:
    """The stated figure itself when it is the computed one; raises `FactDoesNotAddUp`."""
    if stated != computed:
        raise FactDoesNotAddUp(
            transaction_id=None if transaction_id is None else str(transaction_id),
            field=field,
            stated=stated,
            computed=computed,
        )
    return stated
