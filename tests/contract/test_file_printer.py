"""A printer that is a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from storehub.printers.file import FilePort
from storehub.printers.port import Printer, PrinterDown, encode
from tests.contract.printer import Device, PrinterContract, Sent, paper


@dataclass
class PlainFile:
    port: FilePort

    def received(self) -> bytes:
        return self.port.path.read_bytes() if self.port.path.exists() else b""

    def unplug(self) -> None:
        self.port.path.parent.rmdir()


class TestFilePrinter(PrinterContract):
    @pytest.fixture
    def device(self, tmp_path: Path) -> Device:
        (tmp_path / "receipts").mkdir()
        return PlainFile(FilePort(tmp_path / "receipts" / "paper.bin"))


def test_a_full_disk_is_noticed() -> None:
    with pytest.raises(PrinterDown) as down:
        Printer(FilePort(Path("/dev/full"))).deliver(encode(paper()), Sent())
    assert down.value.reason == "cut-off"
    assert "No space left" in down.value.detail


def test_receipts_of_yesterday_are_kept(tmp_path: Path) -> None:
    port = FilePort(tmp_path / "paper.bin")
    port.path.write_bytes(b"yesterday")
    Printer(port).deliver(encode(paper()), Sent())
    assert port.path.read_bytes().startswith(b"yesterday\x1b@")
