"""STOREHUB_PRINTER and STOREHUB_SECOND_PRINTER: which printers the store has and how they are reached."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from storehub.printers.file import FilePort
from storehub.printers.network import NetworkPort
from storehub.printers.port import Port
from storehub.printers.serial import SerialPort
from storehub.printers.usb import UsbPort

KEY, SECOND_KEY = "STOREHUB_PRINTER", "STOREHUB_SECOND_PRINTER"
EXAMPLES = (
    "network:192.168.1.50:9100",
    "usb:04b8:0202",
    "serial:/dev/ttyUSB0@115200",
    "file:/var/lib/everopen/receipts.bin",
    "network:192.168.1.50:9100+drawer",
)

NETWORK = re.compile(r"network:(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:(?P<port>\d{1,5}))?")
USB = re.compile(r"usb:(?P<vendor>[0-9A-Fa-f]{4}):(?P<product>[0-9A-Fa-f]{4})")
SERIAL = re.compile(r"serial:(?P<path>[^@]+)(@(?P<baud>\d{3,7}))?")
FILE = re.compile(r"file:(?P<path>.+)")
DRAWER = re.compile(r"(?P<printer>.+)\+drawer(?P<pin>[25])?(?P<high>-high)?")


class BadPrinter(ValueError):
    """The setting names no printer that can be reached; the text says what to write instead."""

    def __init__(self, text: str, key: str = KEY) -> None:
        super().__init__(
            f"{key} is {text!r}, which names no printer. Write one like {', '.join(EXAMPLES[:-1])}, "
            f"with +drawer behind it when a cash drawer hangs on the printer ({EXAMPLES[-1]}), "
            "or leave it empty when the store prints no receipts."
        )


@dataclass(frozen=True, slots=True)
class PrinterSetting:
    """The printer's port, and the connector pin of its cash drawer (None: no drawer).

    `drawer_open_is_high`: the drawer's switch is one of those that open when the drawer does (`-high`).
    """

    port: Port
    drawer_pin: int | None = None
    drawer_open_is_high: bool = False


def printer_setting(text: str) -> PrinterSetting | None:
    """Read the setting; None when it is empty. Raises `BadPrinter`."""
    text = text.strip()
    if not text:
        return None
    with_drawer = DRAWER.fullmatch(text)
    if with_drawer:
        pin = int(with_drawer["pin"] or 2)
        return PrinterSetting(_port(with_drawer["printer"], text), pin, with_drawer["high"] is not None)
    return PrinterSetting(_port(text, text))


def second_printer(text: str) -> Port | None:
    """Read the setting of the printer that helps out, which has no drawer; None when it is empty.

    Raises `BadPrinter`.
    """
    text = text.strip()
    return _port(text, text, SECOND_KEY) if text else None


def _port(address: str, text: str, key: str = KEY) -> Port:
    if found := NETWORK.fullmatch(address):
        tcp_port = int(found["port"] or 9100)
        if 0 < tcp_port < 65536:
            return NetworkPort(found["host"].strip("[]"), tcp_port)
    elif found := USB.fullmatch(address):
        return UsbPort(int(found["vendor"], 16), int(found["product"], 16))
    elif found := SERIAL.fullmatch(address):
        return SerialPort(found["path"], int(found["baud"])) if found["baud"] else SerialPort(found["path"])
    elif found := FILE.fullmatch(address):
        return FilePort(Path(found["path"]))
    raise BadPrinter(text, key)
