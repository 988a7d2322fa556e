"""The world is down: errors that time mends, as opposed to the shop saying no or a bug."""

from __future__ import annotations


class Outage(Exception):
    """The other side could not be reached or could not answer; try again later.

    `reason` is a short word for logs and the sync light: `unreachable`, `timeout`, `refused`, `server-error`.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}" if detail else reason)
