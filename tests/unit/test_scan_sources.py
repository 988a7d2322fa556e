"""Scanners that do not type: a serial line (a real pseudo-terminal) and codes in pictures."""

from __future__ import annotations

import os
import pty
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
import zxingcpp
from PySide6.QtGui import QImage, QTransform

from retail.barcode import ScanRules, read
from terminal.devices.camera import (
    GONE_AFTER_FRAMES,
    Camera,
    PictureFile,
    PictureFolder,
    codes_in,
    frames_of,
)
from terminal.devices.scanning import scan_source
from terminal.devices.serial_scanner import LONGEST_CODE, SerialLine, SerialScanner
from terminal.settings import BadSetting, load
from tests.patience import eventually

COLA, BREAD = "8934588012228", "036000291452"
MATRIX = "(01)08934588012228(17)261231(10)LOT7"


class Line:
    """A serial line whose other end the test holds, under a name that can be unplugged."""

    def __init__(self, folder: Path) -> None:
        self.device = folder / "ttyACM0"
        self.plug()

    def plug(self) -> None:
        self._test, self._till = pty.openpty()
        tty.setraw(self._till)
        self.device.symlink_to(os.ttyname(self._till))

    def unplug(self) -> None:
        self.device.unlink()
        os.close(self._test)
        os.close(self._till)

    def send(self, data: bytes) -> None:
        os.write(self._test, data)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    line = Line(tmp_path)
    yield line
    line.unplug()


@pytest.fixture
def heard() -> list[str]:
    return []


@pytest.fixture
def scanner(line: Line, heard: list[str]) -> Iterator[SerialScanner]:
    scanner = SerialScanner(SerialLine(str(line.device)), heard.append, retry_seconds=0.05)
    scanner.start()
    eventually(lambda: scanner.connected)
    yield scanner
    scanner.stop()
    scanner.stop()


def test_every_end_of_a_code_is_understood_and_none_is_a_code(line: Line, heard: list[str], scanner):
    line.send(b"8934588012228\r\n036000291452\r8934588012228\n\r\n")
    eventually(lambda: heard == [COLA, BREAD, COLA])


def test_a_scanner_that_sends_no_end_is_understood_by_its_pause(line: Line, heard: list[str], scanner):
    line.send(b"8934588012228")
    eventually(lambda: heard == [COLA])


def test_the_separators_of_gs1_codes_come_through(line: Line, heard: list[str], scanner):
    line.send(b"]d20108934588012228\x1d10LOT7\r")
    eventually(lambda: heard == ["]d20108934588012228\x1d10LOT7"])


def test_noise_is_no_code(line: Line, heard: list[str], scanner):
    line.send(b"\x00" * 64 + b"\r" + b"x" * (LONGEST_CODE + 500))
    line.send(b"\r8934588012228\r")
    eventually(lambda: bool(heard) and heard[-1] == COLA)
    assert all(len(code) <= LONGEST_CODE for code in heard)


@pytest.mark.allow_log("scanner away")
def test_a_scanner_that_was_pulled_is_heard_again_when_it_is_back(line: Line, heard: list[str], scanner):
    line.send(b"8934588012228\r")
    eventually(lambda: heard == [COLA])
    line.unplug()
    line.plug()

    def sent_again() -> bool:
        line.send(b"036000291452\r")
        return BREAD in heard

    eventually(sent_again)


def picture(text: str, kind: zxingcpp.BarcodeFormat, *, gs1: bool = False, turned: bool = False) -> QImage:
    """A code as a camera sees it: black on white, with a margin."""
    made = zxingcpp.create_barcode(text, kind, **({"gs1": True} if gs1 else {}))
    pixels = memoryview(made.to_image(scale=3, add_quiet_zones=True))  # type: ignore[arg-type]
    assert pixels.shape is not None
    height, width = pixels.shape
    image = QImage(bytes(pixels), width, height, width, QImage.Format.Format_Grayscale8).copy()
    if turned:
        image = image.transformed(QTransform().rotate(90))
    return image.convertToFormat(QImage.Format.Format_RGB32)


EAN, DATA_MATRIX, QR = (
    zxingcpp.BarcodeFormat.EAN13,
    zxingcpp.BarcodeFormat.DataMatrix,
    zxingcpp.BarcodeFormat.QRCode,
)


def test_codes_of_all_kinds_are_read_from_pictures_as_a_scanner_says_them():
    assert codes_in(picture(COLA, EAN)) == [COLA]
    assert codes_in(picture(COLA, EAN, turned=True)) == [COLA]
    link = "https://id.gs1.org/01/08934588012228"
    assert codes_in(picture(link, QR)) == [link]
    (matrix,) = codes_in(picture(MATRIX, DATA_MATRIX, gs1=True))
    assert matrix.startswith("]d2")
    scan = read(matrix, ScanRules())
    assert scan.gtin14 == "08934588012228"


def test_a_picture_without_a_code_says_nothing():
    blank = QImage(320, 240, QImage.Format.Format_RGB32)
    blank.fill(0xFFFFFF)
    assert codes_in(blank) == []


class Shown:
    """Frames as the test shows them."""

    def __init__(self) -> None:
        self.frames: list[QImage] = []

    def next(self) -> QImage | None:
        return self.frames.pop(0) if self.frames else None


def test_a_code_that_stays_in_the_picture_is_one_scan(heard: list[str]):
    shown, code = Shown(), picture(COLA, EAN)
    blank = QImage(320, 240, QImage.Format.Format_RGB32)
    blank.fill(0xFFFFFF)
    camera = Camera(shown, heard.append)
    shown.frames = [code, code, blank, code, *[blank] * GONE_AFTER_FRAMES, code]
    while camera.look():
        pass
    assert heard == [COLA, COLA], "blurred for a moment it is the same scan, gone for long another"


def test_a_folder_gives_each_picture_once_and_in_order(tmp_path: Path, heard: list[str]):
    picture(COLA, EAN).save(str(tmp_path / "1.png"))
    picture(BREAD, zxingcpp.BarcodeFormat.UPCA).save(str(tmp_path / "2.png"))
    (tmp_path / "3.png").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("no picture either")
    camera = Camera(PictureFolder(tmp_path), heard.append)
    while camera.look():
        pass
    assert heard[0] == COLA
    assert heard[1].endswith(BREAD)
    assert not camera.look()


def test_a_picture_that_is_rewritten_is_looked_at_again(tmp_path: Path, heard: list[str]):
    file = tmp_path / "frame.png"
    camera = Camera(PictureFile(file), heard.append, frame_seconds=0.01)
    assert not camera.look(), "the camera's program has not begun"
    camera.start()
    picture(COLA, EAN).save(str(file))
    eventually(lambda: heard == [COLA])
    picture(MATRIX, DATA_MATRIX, gs1=True).save(str(file))
    eventually(lambda: len(heard) == 2)
    camera.stop()


def test_the_setting_names_the_scanner(tmp_path: Path, heard: list[str]):
    assert SerialLine.from_text("/dev/ttyUSB0@115200") == SerialLine("/dev/ttyUSB0", 115_200)
    assert isinstance(scan_source("serial:/dev/ttyACM0", heard.append), SerialScanner)
    assert isinstance(frames_of(tmp_path), PictureFolder)
    for wrong in ("serial:", "serial:/dev/ttyACM0@fast", "usb:1", "camera:"):
        with pytest.raises(ValueError, match=r"names no|neither|no baud"):
            scan_source(wrong, heard.append)
        env = {"TERMINAL_DATA_DIR": str(tmp_path), "TERMINAL_HUB_URL": "http://127.0.0.1:1"}
        with pytest.raises(BadSetting, match="scanner"):
            load({**env, "TERMINAL_SCANNER": wrong})
    assert load({**env, "TERMINAL_SCANNER": "serial:/dev/ttyACM0@9600"}).scanner.startswith("serial:")
