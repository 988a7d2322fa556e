"""Printers that are a file: a device node such as /dev/usb/lp0, or a plain file for trials and tests."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from storehub.printers.port import Line, PrinterDown


@dataclass(frozen=True, slots=True)
class FileLine:
    """One opening of the file, one receipt."""

    file: BinaryIO

    def send(self, data: bytes) -> None:
        """Write all of it; a device node takes it with the write, a plain file puts it on the disk."""
        self.file.write(data)
        self.file.flush()

    def ask(self, question: bytes, wait_seconds: float) -> bytes:
        """A file does not answer."""
        return b""

    def finish(self) -> None:
        """Have a plain file's bytes on the disk."""
        number = self.file.fileno()
        if stat.S_ISREG(os.fstat(number).st_mode):
            os.fsync(number)


@dataclass(frozen=True, slots=True)
class FilePort:
    """The file at `path`; receipts are appended."""

    path: Path

    @property
    def name(self) -> str:
        """As written in the setting."""
        return f"file:{self.path}"

    @contextmanager
    def open(self) -> Iterator[Line]:
        """Open the file; see `Port.open`."""
        try:
            file = self.path.open("ab")
        except OSError as error:
            raise PrinterDown("unreachable", f"{self.name}: {error}") from error
        try:
            with file:
                yield FileLine(file)
        except OSError as error:
            raise PrinterDown("cut-off", f"{self.name}: {error}") from error
