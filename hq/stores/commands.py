"""Stores, their enrolment, and the chain's settings; every change is published in its transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from courier import feed
from courier.feed import Change
from hq.database import courier, lock_master_data
from hq.stores.queries import setting_values, store_row
from hq.stores.settings import DEFAULTS, checked_setting
from hq.stores.tables import chain_settings, enrolment_codes, stores, terminal_enrolments
from retail.refusal import Refusal

CODE_HOURS = 24
"""How long an enrolment code lets a machine in."""

USED_AGAIN = timedelta(minutes=10)
"""For so long after its use the code works again: the answer with the secret may have been lost."""


class StoreNotFound(Refusal):
    """There is no store of this name (`store_id`)."""

    code = "store-not-found"


class EnrolmentCodeNotValid(Refusal):
    """The code is unknown, used, too old, or a terminal's, which enrols at its store's hub."""

    code = "enrolment-code-not-valid"


@dataclass(frozen=True, slots=True)
class StoreCard:
    """A store as its receipts show it."""

    store_id: str
    name: str
    address: str = ""
    tax_code: str = ""
    phone: str = ""

    def to_body(self) -> dict[str, Any]:
        """The news of kind `store`."""
        return {
            "store_id": self.store_id,
            "name": self.name,
            "address": self.address,
            "tax_code": self.tax_code,
            "phone": self.phone,
        }


def put_store(tx: Connection, card: StoreCard, at: datetime) -> bool:
    """Make the store or change its card; True when it is new. An unchanged card is not published again."""
    lock_master_data(tx)
    known = store_row(tx, card.store_id)
    body = card.to_body()
    if known is not None and all(known[name] == value for name, value in body.items()):
        return False
    statement = insert(stores).values(**body, updated_at=at)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["store_id"],
            set_={name: statement.excluded[name] for name in (*body, "updated_at") if name != "store_id"},
        )
    )
    feed.publish(tx, courier, [Change("store", card.store_id, body, [card.store_id])], at)
    return known is None


def digest(secret: str) -> str:
    """SHA-256 of a code or secret that a machine made: too long to guess, so no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue_code(tx: Connection, store_id: str, terminal_id: str | None, code: str, at: datetime) -> datetime:
    """Let a machine in with this code: the store's hub, or a terminal of it. Returns when the code ends.

    A hub's earlier codes end with the new one. A terminal enrols at its hub, which gets the hash of the
    code as news. Raises `StoreNotFound`.
    """
    lock_master_data(tx)
    if store_row(tx, store_id) is None:
        raise StoreNotFound(store_id=store_id)
    expires_at = at + timedelta(hours=CODE_HOURS)
    codes = enrolment_codes
    tx.execute(
        codes.delete().where(
            codes.c.store_id == store_id, codes.c.terminal_id.is_not_distinct_from(terminal_id)
        )
    )
    tx.execute(
        codes.insert().values(
            code_hash=digest(code), store_id=store_id, terminal_id=terminal_id, expires_at=expires_at
        )
    )
    if terminal_id is not None:
        body = {
            "terminal_id": terminal_id,
            "store_id": store_id,
            "enrolment_code_hash": digest(code),
            "enrolment_code_expires_at": expires_at.isoformat(),
        }
        feed.publish(tx, courier, [Change("terminal", f"{store_id}/{terminal_id}", body, [store_id])], at)
    return expires_at


def enrol_hub(tx: Connection, code: str, secret: str, at: datetime) -> str:
    """Give the hub that shows this code its new secret, and end the old one; returns the store's name.

    Raises `EnrolmentCodeNotValid`.
    """
    codes = enrolment_codes.c
    found = tx.execute(
        select(codes.store_id, codes.terminal_id, codes.expires_at, codes.used_at)
        .where(codes.code_hash == digest(code))
        .with_for_update()
    ).one_or_none()
    spent = found is not None and found.used_at is not None and at >= found.used_at + USED_AGAIN
    if found is None or found.terminal_id is not None or at >= found.expires_at or spent:
        raise EnrolmentCodeNotValid
    store_id: str = found.store_id
    if found.used_at is None:
        tx.execute(update(enrolment_codes).where(codes.code_hash == digest(code)).values(used_at=at))
    tx.execute(
        update(stores).where(stores.c.store_id == store_id).values(secret_hash=digest(secret), enrolled_at=at)
    )
    return store_id


def keep_enrolment(
    tx: Connection,
    store_id: str,
    terminal_id: str,
    secret_hash: str,
    used_code_hash: str,
    enrolled_at: datetime,
) -> None:
    """Keep that a store's hub let a till in, unless a later enrolment of it is known."""
    table = terminal_enrolments
    statement = insert(table).values(
        store_id=store_id,
        terminal_id=terminal_id,
        secret_hash=secret_hash,
        used_code_hash=used_code_hash,
        enrolled_at=enrolled_at,
    )
    new = statement.excluded
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["store_id", "terminal_id"],
            set_={
                "secret_hash": new.secret_hash,
                "used_code_hash": new.used_code_hash,
                "enrolled_at": new.enrolled_at,
            },
            where=table.c.enrolled_at <= new.enrolled_at,
        )
    )


def put_setting(tx: Connection, name: str, value: Any, at: datetime) -> None:
    """Change a setting of the chain; raises `BadSetting`."""
    lock_master_data(tx)
    _put_settings(tx, {name: checked_setting(name, value)}, at)


def first_settings(tx: Connection, given: Mapping[str, Any], at: datetime) -> None:
    """Publish the settings that the chain does not have yet: those given at the start, else the usual."""
    lock_master_data(tx)
    known = setting_values(tx)
    _put_settings(tx, {name: value for name, value in {**DEFAULTS, **given}.items() if name not in known}, at)


def _put_settings(tx: Connection, values: Mapping[str, Any], at: datetime) -> None:
    known = setting_values(tx)
    changed = {name: value for name, value in values.items() if name not in known or known[name] != value}
    for name, value in changed.items():
        statement = insert(chain_settings).values(name=name, value=value, updated_at=at)
        tx.execute(
            statement.on_conflict_do_update(index_elements=["name"], set_={"value": value, "updated_at": at})
        )
    feed.publish(
        tx,
        courier,
        [Change("setting", name, {"name": name, "value": value}) for name, value in changed.items()],
        at,
    )
