"""Whose till this is: the answer of the enrolment, kept in a file only its owner may read."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from courier.envelope import FIRST_HASH
from retail.refusal import Refusal

FILE_NAME = "enrolment.json"


class EnrolmentRefused(Refusal):
    """The hub does not take the enrolment code: wrong, used or too old (`reason`)."""

    code = "enrolment-refused"


class NewCodeRefused(Refusal):
    """The till is enrolled (`store_id`, `terminal_id`), and the hub does not take the new code (`reason`)."""

    code = "new-code-refused"


class CodeOfAnotherTill(Refusal):
    """The till is enrolled (`store_id`, `terminal_id`), and the code is another till's; it is still good."""

    code = "code-of-another-till"


class NotEnrolled(Refusal):
    """The till belongs to no store yet and has no enrolment code (`data_dir`)."""

    code = "not-enrolled"


class JournalLost(Refusal):
    """The till had a journal and has none any more (`file`): a new one would give numbers out twice."""

    code = "journal-lost"


class EnrolmentNotReadable(Refusal):
    """The enrolment file is broken or open to others (`file`, `reason`)."""

    code = "enrolment-not-readable"


@dataclass(frozen=True, slots=True, repr=False)
class Enrolment:
    """A till's place and its secret, with which it gets its tokens.

    A new journal begins behind `sequence` and `hash`, where the till's last disk ended; `missing` are the
    numbers of that disk that never came. `begun`: this enrolment has a journal. `code_digest`: SHA-256 of the
    code that it was made with, empty for one from before this was noted.
    """

    store_id: str
    terminal_id: str
    secret: str
    sequence: int = 0
    hash: str = FIRST_HASH
    missing: tuple[tuple[int, int], ...] = ()
    begun: bool = False
    code_digest: str = ""

    def __repr__(self) -> str:
        """Without the secret, which must not reach a log."""
        return f"Enrolment({self.store_id}/{self.terminal_id})"


def read(data_dir: Path) -> Enrolment | None:
    """The enrolment kept in this directory; raises `EnrolmentNotReadable`."""
    file = data_dir / FILE_NAME
    if not file.exists():
        return None
    if os.name == "posix" and file.stat().st_mode & 0o077:
        raise EnrolmentNotReadable(file=str(file), reason="others may read it; chmod 600")
    try:
        kept = orjson.loads(file.read_bytes())
        missing = tuple((first, last) for first, last in kept.get("missing", ()))
        # A file from before this was noted is of a till that has sold: its journal, if it is gone, is lost.
        return Enrolment(**{"begun": True} | kept | {"missing": missing})
    except (OSError, TypeError, ValueError) as broken:
        raise EnrolmentNotReadable(file=str(file), reason=str(broken)) from broken


def keep(data_dir: Path, enrolment: Enrolment) -> None:
    """Keep the enrolment, written whole and to the disk or not at all."""
    file = data_dir / FILE_NAME
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(orjson.dumps(asdict(enrolment)))
        out.flush()
        os.fsync(out.fileno())
    new.replace(file)
