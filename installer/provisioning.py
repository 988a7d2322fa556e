"""Sets a chain up through head office's public API, as an administrator would by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx

PATIENCE_SECONDS = 120.0
CONFLICT = 409


class ProvisioningRefused(Exception):
    """Head office refused a step; the message is its own sentence."""


class HeadOffice:
    """An administrator's session at head office."""

    def __init__(self, url: str, employee_id: str, pin: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=PATIENCE_SECONDS)
        answer = self._ask("POST", "/v1/auth/token", json={"employee_id": employee_id, "pin": pin})
        self._http.headers["Authorization"] = f"Bearer {answer['token']}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def set_up_store(self, card: Mapping[str, Any]) -> None:
        """Make the store (`store_id`, `name`, and what its receipts say); a repeat changes its card."""
        self._ask("POST", "/v1/stores", json=dict(card))

    def set_up_person(self, person: Mapping[str, Any]) -> None:
        """Make or change a person (`employee_id`, `name`, `role`, `pin`, `store_ids`, `language`)."""
        body = {name: value for name, value in person.items() if name != "employee_id"}
        self._ask("PUT", f"/v1/people/{person['employee_id']}", json=body)

    def import_catalogue(self, file: Path) -> dict[str, Any]:
        """Import a catalogue CSV; a broken file is refused as a whole, with line and column."""
        return self._ask(
            "POST",
            "/v1/catalog/import",
            content=file.read_bytes(),
            headers={"Content-Type": "text/csv; charset=utf-8"},
        )

    def state_promotion(self, promotion: Mapping[str, Any]) -> None:
        """State a promotion; one of this name that says something else by now stays as it is."""
        self._ask("POST", "/v1/promotions", json=dict(promotion), settled=frozenset({CONFLICT}))

    def set_up_customers(self, customers: Mapping[str, Any]) -> None:
        """Set the rules of `loyalty`, enrol `members` and state a series of `vouchers`; a repeat changes
        nothing."""
        self._ask("PUT", "/v1/settings/loyalty", json={"value": customers["loyalty"]})
        for member in customers["members"]:
            body = {name: value for name, value in member.items() if name != "member_id"}
            self._ask("PUT", f"/v1/members/{member['member_id']}", json=body)
        self._ask("POST", "/v1/vouchers", json=customers["vouchers"], settled=frozenset({CONFLICT}))

    def enrolment_code(self, store_id: str, terminal_id: str | None = None) -> str:
        """A fresh code for a hub (no terminal id) or a till."""
        body = {"terminal_id": terminal_id} if terminal_id else {}
        code = self._ask("POST", f"/v1/stores/{store_id}/enrolment-codes", json=body)["enrolment_code"]
        assert isinstance(code, str)
        return code

    def news_version(self) -> int:
        """The version of the newest news, which a store must have reached to be up to date."""
        version = self._ask("GET", "/v1/catalog/snapshot", params={"since_version": 2**53})["current_version"]
        assert isinstance(version, int)
        return version

    def _ask(
        self, method: str, path: str, *, settled: frozenset[int] = frozenset(), **request: Any
    ) -> dict[str, Any]:
        answer = self._http.request(method, path, **request)
        if answer.is_error and answer.status_code not in settled:
            try:
                problem = answer.json()
            except ValueError:
                problem = {}
            said = problem.get("detail") or problem.get("title") or answer.text[:200]
            raise ProvisioningRefused(f"head office refused {method} {path} ({answer.status_code}): {said}")
        body = answer.json() if answer.content else {}
        assert isinstance(body, dict)
        return body
