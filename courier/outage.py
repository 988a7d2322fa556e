"""The world is down: errors that time mends, as opposed to the shop saying no or a bug."""

from __future__ import annotations


class Outage(Exception):
    """The other side could not be reached or could not answer; try again later.

    `reason` is a short word for logs and the sync light: `unreachable`, `refused`, `timeout`, `broken`
    (cut off in mid-answer), `server-error`, `busy`, `not-understood` (somebody else answered).
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}" if detail else reason)


class Rejected(Exception):
    """The other side understood and will not have it, whatever the weather: HTTP `status` 4xx and the
    `code` of its problem document (empty when it sent none). A person or a new token can help."""

    def __init__(self, status: int, code: str, detail: str = "") -> None:
        self.status = status
        self.code = code
        self.detail = detail
        super().__init__(f"{status} {code}: {detail}")
