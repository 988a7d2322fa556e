"""Printers on USB, spoken to directly through libusb (printer class, bulk endpoints)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import usb.core
import usb.util

from storehub.printers.port import Line, PrinterDown

PRINTER_CLASS = 7
"""USB device class of printers (usb.org, Defined Class Codes)."""


@dataclass(frozen=True, slots=True)
class UsbLine:
    """One claim of the device, one receipt."""

    outward: Any
    inward: Any
    timeout_seconds: float

    def send(self, data: bytes) -> None:
        """Transfer every byte; a bulk transfer returns when the device has taken it, or a part of it."""
        sent = 0
        while sent < len(data):
            taken = self.outward.write(data[sent:], int(self.timeout_seconds * 1000))
            if not taken:
                raise usb.core.USBTimeoutError("no byte was taken")
            sent += taken

    def ask(self, question: bytes, wait_seconds: float) -> bytes:
        """The answer to a status question; empty when none comes in time or the device cannot speak."""
        if self.inward is None:
            return b""
        self.send(question)
        try:
            return bytes(self.inward.read(16, int(wait_seconds * 1000)))
        except usb.core.USBTimeoutError:
            return b""

    def finish(self) -> None:
        """Nothing to wait for, see `send`."""


@dataclass(frozen=True, slots=True)
class UsbPort:
    """The device with these USB ids. A transfer without progress for `timeout_seconds` makes it stuck.

    `backend` is pyusb's; None is the libusb of this machine.
    """

    vendor_id: int
    product_id: int
    timeout_seconds: float = 10.0
    backend: Any = None

    @property
    def name(self) -> str:
        """As written in the setting."""
        return f"usb:{self.vendor_id:04x}:{self.product_id:04x}"

    @contextmanager
    def open(self) -> Iterator[Line]:
        """Claim the device; see `Port.open`."""
        try:
            device = usb.core.find(idVendor=self.vendor_id, idProduct=self.product_id, backend=self.backend)
        except usb.core.NoBackendError as error:
            raise PrinterDown("unreachable", f"{self.name}: libusb-1.0 is not installed") from error
        if device is None:
            raise PrinterDown("unreachable", f"{self.name} is not plugged in or not switched on")
        try:
            yield self._claim(device)
        except usb.core.USBTimeoutError as error:
            raise PrinterDown("stuck", f"{self.name} stopped taking bytes") from error
        except OSError as error:  # USBError is one
            raise PrinterDown("cut-off", f"{self.name}: {error}") from error
        finally:
            usb.util.dispose_resources(device)

    def _claim(self, device: Any) -> UsbLine:
        """Take the device from the kernel's own printer driver and find the way in and out.

        It is neither reset nor configured anew: that would throw away what it still has to print.
        """
        interface = usb.util.find_descriptor(device[0], bInterfaceClass=PRINTER_CLASS) or device[0][0, 0]
        try:
            if device.is_kernel_driver_active(interface.bInterfaceNumber):
                device.detach_kernel_driver(interface.bInterfaceNumber)
        except NotImplementedError:
            pass  # Windows has no such driver to detach
        try:
            device.get_active_configuration()
        except usb.core.USBError:
            device.set_configuration()
        ends: dict[int, Any] = {}
        for end in interface:
            if usb.util.endpoint_type(end.bmAttributes) == usb.util.ENDPOINT_TYPE_BULK:
                ends.setdefault(usb.util.endpoint_direction(end.bEndpointAddress), end)
        if usb.util.ENDPOINT_OUT not in ends:
            raise PrinterDown("unreachable", f"{self.name} is not a printer")
        return UsbLine(ends[usb.util.ENDPOINT_OUT], ends.get(usb.util.ENDPOINT_IN), self.timeout_seconds)
