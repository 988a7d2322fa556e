"""The till's lookout: asks the hub how head office and the printer are, and remembers it over a restart."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import structlog

from courier.outage import Outage, Rejected
from terminal.hub import HubClient
from terminal.till_status import TillStatus, is_newer

log = structlog.stdlib.get_logger("terminal.lookout")

ASK_SECONDS = 15.0
"""How often the hub is asked when no poke has said that something changed."""
KEEP_EVERY = timedelta(minutes=1)
STATUS_FILE = "till-status.json"
UPDATE_FILE = "update-ready"
"""Put into the data directory by whoever updates the till; it holds the version that is ready."""


class Lookout:
    """Knows the hub's last answer.

    What is known of head office counts for days, so it is kept in the data directory.
    """

    def __init__(
        self,
        hub: HubClient,
        data_dir: Path,
        *,
        clock: Callable[[], datetime],
        version: str,
    ) -> None:
        """`version` is this program's."""
        self._hub = hub
        self._data_dir = data_dir
        self._clock = clock
        self._version = version
        self._changed: Callable[[], object] = lambda: None
        self._status = _kept(data_dir / STATUS_FILE)
        self._kept_at: datetime | None = None
        self._update = self._newer_version()
        self._bell = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="till-lookout", daemon=True)

    @property
    def status(self) -> TillStatus | None:
        """What the hub told last; None before its first answer."""
        return self._status

    @property
    def update(self) -> str:
        """A newer version of the program than this one that the hub has or that is ready here, or empty."""
        return self._update

    def listen(self, changed: Callable[[], object]) -> None:
        """Call `changed` from the lookout's thread when there is something new."""
        self._changed = changed

    def start(self) -> None:
        """Start asking."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._stop.set()
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join()

    def look_soon(self) -> None:
        """Ask at once: a poke came, or the hub is back."""
        self._bell.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._bell.clear()
            try:
                self._look()
            except (Outage, Rejected) as away:
                log.debug("till status not heard", reason=str(away))
            except Exception:
                log.exception("lookout stumbled")
            self._bell.wait(ASK_SECONDS)

    def _look(self) -> None:
        before = (self._status, self._update)
        self._status = self._hub.till_status()
        self._update = self._newer_version()
        self._keep(self._status, moved=before[0] is None or before[0].hq.state != self._status.hq.state)
        if (self._status, self._update) != before:
            self._changed()

    def _newer_version(self) -> str:
        told = [self._status.version] if self._status else []
        with suppress(OSError, UnicodeDecodeError):
            told.append((self._data_dir / UPDATE_FILE).read_text(encoding="utf-8").strip())
        newer = [version for version in told if is_newer(version, self._version)]
        return newer[-1] if newer else ""

    def _keep(self, status: TillStatus, *, moved: bool) -> None:
        """A file that cannot be written, or is lost, costs the memory of a minute and nothing else."""
        at = self._clock()
        if not moved and self._kept_at is not None and timedelta(0) <= at - self._kept_at < KEEP_EVERY:
            return
        self._kept_at = at
        draft = self._data_dir / f"{STATUS_FILE}.new"
        with suppress(OSError):
            draft.write_bytes(orjson.dumps(status.to_body()))
            draft.replace(self._data_dir / STATUS_FILE)


def _kept(file: Path) -> TillStatus | None:
    try:
        body = orjson.loads(file.read_bytes())
        return TillStatus.from_body(body, datetime.fromisoformat(body["heard_at"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
