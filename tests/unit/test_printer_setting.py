"""STOREHUB_PRINTER: what can be written, and what a person hears about what cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from storehub.printers.file import FilePort
from storehub.printers.network import NetworkPort
from storehub.printers.port import Port
from storehub.printers.serial import SerialPort
from storehub.printers.setting import EXAMPLES, BadPrinter, printer_setting, second_printer
from storehub.printers.usb import UsbPort


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("network:192.168.1.50:9100", NetworkPort("192.168.1.50", 9100)),
        ("network:192.168.1.50", NetworkPort("192.168.1.50", 9100)),
        ("network:printer-1.shop.local:9101", NetworkPort("printer-1.shop.local", 9101)),
        ("network:[fe80::1]:9100", NetworkPort("fe80::1", 9100)),
        ("usb:04b8:0202", UsbPort(0x04B8, 0x0202)),
        ("usb:04B8:0E15", UsbPort(0x04B8, 0x0E15)),
        ("serial:/dev/ttyUSB0", SerialPort("/dev/ttyUSB0", 9600)),
        ("serial:/dev/ttyUSB0@115200", SerialPort("/dev/ttyUSB0", 115200)),
        ("serial:COM3", SerialPort("COM3")),
        ("file:/var/lib/everopen/receipts.bin", FilePort(Path("/var/lib/everopen/receipts.bin"))),
        ("  file:/a b/c.bin ", FilePort(Path("/a b/c.bin"))),
    ],
)
def test_every_way_to_a_printer_can_be_written(text: str, port: Port) -> None:
    setting = printer_setting(text)
    assert setting is not None
    assert (setting.port, setting.drawer_pin) == (port, None)


@pytest.mark.parametrize(("text", "pin"), [("+drawer", 2), ("+drawer2", 2), ("+drawer5", 5)])
def test_a_drawer_can_hang_on_any_printer(text: str, pin: int) -> None:
    setting = printer_setting(f"usb:04b8:0202{text}")
    assert setting is not None
    assert (setting.port, setting.drawer_pin) == (UsbPort(0x04B8, 0x0202), pin)


def test_a_drawer_may_have_a_switch_that_works_the_other_way_round() -> None:
    setting = printer_setting("usb:04b8:0202+drawer5-high")
    assert setting is not None
    assert (setting.drawer_pin, setting.drawer_open_is_high) == (5, True)


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_that_a_person_is_shown_works(text: str) -> None:
    assert printer_setting(text) is not None


@pytest.mark.parametrize(
    "port",
    [NetworkPort("10.0.0.9"), UsbPort(0x04B8, 0x0202), SerialPort("/dev/ttyS1", 19200), FilePort(Path("/x"))],
)
def test_a_printers_name_is_what_the_setting_would_say(port: Port) -> None:
    setting = printer_setting(port.name)
    assert setting is not None
    assert setting.port == port


@pytest.mark.parametrize("text", ["", "   "])
def test_a_store_may_print_no_receipts(text: str) -> None:
    assert printer_setting(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "epson",
        "network:",
        "network:10.0.0.9:0",
        "network:10.0.0.9:99999",
        "network:10.0.0.9:lp",
        "usb:4b8:0202",
        "usb:04b8",
        "serial:",
        "file:",
        "lpt:1",
        "network:10.0.0.9+drawer3",
    ],
)
def test_anything_else_is_answered_with_key_value_and_examples(text: str) -> None:
    with pytest.raises(BadPrinter) as bad:
        printer_setting(text)
    said = str(bad.value)
    assert said.startswith("STOREHUB_PRINTER is ")
    assert repr(text) in said
    assert "network:192.168.1.50:9100" in said


def test_a_bad_second_printer_is_named_by_its_own_key() -> None:
    assert second_printer("network:192.168.1.51") == NetworkPort("192.168.1.51", 9100)
    assert second_printer(" ") is None
    with pytest.raises(BadPrinter, match="STOREHUB_SECOND_PRINTER is 'lpt1'"):
        second_printer("lpt1")
