"""The people of this store, as news has brought them; PINs are Argon2id hashes."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from retail.staff import Role
from terminal.till.cashier import Cashier
from terminal.till.catalogue import Catalogue


class PeopleTable:
    """Checks PINs against the catalogue's people; any thread may ask."""

    def __init__(self, catalogue: Catalogue, store_id: str) -> None:
        self._catalogue = catalogue
        self._store_id = store_id
        self._hasher = PasswordHasher()

    def knows(self, employee_id: str) -> bool:
        """Whether the chain has somebody with this id."""
        return self._catalogue.person(employee_id) is not None

    def id_of(self, typed: str) -> str:
        """The id that was meant: a keyboard without capitals is no reason to be refused."""
        typed = typed.strip()
        return typed.upper() if not self.knows(typed) and self.knows(typed.upper()) else typed

    def check(self, employee_id: str, pin: str) -> Cashier | None:
        """The cashier when id and PIN fit together and the person works in this store; else None.

        Takes as long as Argon2 makes it take (some 50 ms).
        """
        person = self._catalogue.person(employee_id)
        if person is None or not person.get("is_active", True):
            return None
        stores = person.get("store_ids")
        if stores is not None and self._store_id not in stores:
            return None
        try:
            self._hasher.verify(person["pin_hash"], pin)
        except (VerificationError, InvalidHashError):
            return None
        return Cashier(
            person["employee_id"],
            person.get("name") or person["employee_id"],
            Role(person["role"]),
            person.get("language") or "",
        )
