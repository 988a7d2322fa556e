"""Signing in and enrolling: the doors that need no token yet."""

from __future__ import annotations

import hmac
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from hq.api.office import AnOffice, Office
from hq.audit.commands import DONE
from hq.people import pins
from hq.people.commands import begin_attempt, end_attempt
from hq.people.queries import person_row
from hq.people.tokens import Caller
from hq.stores.commands import EnrolmentCodeNotValid, digest, enrol_hub
from hq.stores.queries import store_row
from retail.staff import SignInFailed

router = APIRouter(tags=["sign-in"])

Name = Annotated[str, Field(min_length=1, max_length=50)]
Secret = Annotated[str, Field(min_length=1, max_length=200)]
STORE_ROLE = "store"


class SignIn(BaseModel):
    """A person with their PIN, or a store's hub with its secret."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    employee_id: Name | None = None
    pin: Secret | None = None
    store_id: Name | None = None
    secret: Secret | None = None

    @model_validator(mode="after")
    def _one_pair(self) -> SignIn:
        given = {
            name for name in ("employee_id", "pin", "store_id", "secret") if getattr(self, name) is not None
        }
        if given not in ({"employee_id", "pin"}, {"store_id", "secret"}):
            raise ValueError("give employee_id and pin, or store_id and secret")
        return self


class Enrolment(BaseModel):
    """The code that an administrator read out."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    enrolment_code: Secret


@router.post("/v1/auth/token")
def sign_in(body: SignIn, office: AnOffice) -> dict[str, Any]:
    """A token of eight hours (NFR-5.1). After three wrong PINs or secrets in a row one has to wait."""
    if body.employee_id is not None:
        caller = Caller(employee_id=body.employee_id)
        role = _person(office, caller, body.pin or "")
    else:
        caller = Caller(store_id=body.store_id)
        role = _store(office, caller, body.secret or "")
    token, expires_at = office.tokens.issue(caller, role, office.clock())
    return {"token": token, "expires_at": expires_at.isoformat(), "role": role}


@router.post("/v1/enrolments")
def enrol(body: Enrolment, office: AnOffice) -> dict[str, Any]:
    """A hub shows its code and gets the secret it signs in with from then on."""
    secret, at = office.new_secret(), office.clock()
    code = body.enrolment_code.strip().upper()
    try:
        with office.engine.begin() as tx:
            store_id = enrol_hub(tx, code, secret, at)
            office.note(tx, f"store:{store_id}", "enrol hub", store_id, DONE)
    except EnrolmentCodeNotValid as refused:
        with office.engine.begin() as tx:
            office.note(tx, "unknown", "enrol hub", "", refused.code)
        raise
    token, expires_at = office.tokens.issue(Caller(store_id=store_id), STORE_ROLE, at)
    return {
        "store_id": store_id,
        "secret": secret,
        "token": token,
        "expires_at": expires_at.isoformat(),
    }


def _person(office: Office, caller: Caller, pin: str) -> str:
    assert caller.employee_id is not None
    with office.engine.begin() as tx:
        person = person_row(tx, caller.employee_id)
        if person is not None:
            begin_attempt(tx, f"person:{caller.employee_id}", office.clock())
    # Outside of any transaction: it is slow on purpose. And as slow where nobody has this id.
    right = pins.fits(person["pin_hash"] if person is not None else pins.nobody(), pin)
    known = person is not None and person["is_active"]
    _judge(office, caller, "person", right and known)
    assert person is not None
    return str(person["role"])


def _store(office: Office, caller: Caller, secret: str) -> str:
    assert caller.store_id is not None
    with office.engine.begin() as tx:
        store = store_row(tx, caller.store_id)
        if store is not None:
            begin_attempt(tx, f"store:{caller.store_id}", office.clock())
    kept = store["secret_hash"] if store is not None else None
    _judge(office, caller, "store", hmac.compare_digest(digest(secret), kept or ""))
    return STORE_ROLE


def _judge(office: Office, caller: Caller, kind: str, right: bool) -> None:
    """Write down how the attempt ended; raises `SignInFailed` for a wrong one."""
    with office.engine.begin() as tx:
        if right:
            end_attempt(tx, f"{kind}:{caller.employee_id or caller.store_id}")
        office.note(tx, caller.name, "sign in", caller.name, DONE if right else SignInFailed.code)
    if not right:
        raise SignInFailed
