"""A printer on USB: pyusb is the real one, the bus under it is played."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from usb.core import USBError, USBTimeoutError

from storehub.printers.port import Printer, PrinterDown, encode
from storehub.printers.usb import UsbPort
from tests.contract.printer import Device, PrinterContract, Sent, paper

VENDOR, PRODUCT = 0x04B8, 0x0202
WELL = 0x12


class UsbPrinter:
    """A `usb.backend.IBackend`: a bus with one printer on it, at endpoints that nobody would guess."""

    OUT, IN = 0x02, 0x81

    def __init__(
        self, *, answers: bool = True, takes_at_most: int = 16_384, breaks_after: int | None = None
    ) -> None:
        self.port = UsbPort(VENDOR, PRODUCT, timeout_seconds=1.0, backend=self)
        self.plugged_in = True
        self.driver_is_active = True
        self.opened = 0
        self._answers = answers
        self._takes_at_most = takes_at_most
        self._breaks_after = breaks_after
        self._record = bytearray()

    def received(self) -> bytes:
        return bytes(self._record)

    def unplug(self) -> None:
        self.plugged_in = False

    def enumerate_devices(self) -> Iterator[object]:
        return iter([self] if self.plugged_in else [])

    def get_device_descriptor(self, dev: object) -> SimpleNamespace:
        names = (
            "bLength bDescriptorType bcdUSB bDeviceClass bDeviceSubClass bDeviceProtocol bMaxPacketSize0 "
            "bcdDevice iManufacturer iProduct iSerialNumber address bus port_number port_numbers speed"
        )
        return described(names, idVendor=VENDOR, idProduct=PRODUCT, bNumConfigurations=1)

    def get_configuration_descriptor(self, dev: object, config: int) -> SimpleNamespace:
        names = "bLength bDescriptorType wTotalLength iConfiguration bmAttributes bMaxPower extra_descriptors"
        return described(names, bNumInterfaces=1, bConfigurationValue=1)

    def get_interface_descriptor(self, dev: object, intf: int, alt: int, config: int) -> SimpleNamespace:
        if intf or alt:
            raise IndexError
        names = "bLength bDescriptorType bInterfaceSubClass bInterfaceProtocol iInterface extra_descriptors"
        return described(names, bInterfaceNumber=0, bAlternateSetting=0, bNumEndpoints=2, bInterfaceClass=7)

    def get_endpoint_descriptor(
        self, dev: object, ep: int, intf: int, alt: int, config: int
    ) -> SimpleNamespace:
        names = "bLength bDescriptorType wMaxPacketSize bInterval bRefresh bSynchAddress extra_descriptors"
        return described(names, bEndpointAddress=(self.OUT, self.IN)[ep], bmAttributes=2)

    def open_device(self, dev: object) -> object:
        self.opened += 1
        return dev

    def close_device(self, dev_handle: object) -> None:
        self.opened -= 1

    def get_configuration(self, dev_handle: object) -> int:
        return 1

    def claim_interface(self, dev_handle: object, intf: int) -> None:
        if self.driver_is_active:
            raise USBError("the kernel's driver has it", errno=16)

    def release_interface(self, dev_handle: object, intf: int) -> None:
        """Nothing to do."""

    def is_kernel_driver_active(self, dev_handle: object, intf: int) -> bool:
        return self.driver_is_active

    def detach_kernel_driver(self, dev_handle: object, intf: int) -> None:
        self.driver_is_active = False

    def bulk_write(self, dev_handle: object, ep: int, intf: int, data: Any, timeout: int) -> int:
        if self._breaks_after is not None and len(self._record) >= self._breaks_after:
            raise USBError("no such device", errno=19)
        taken = bytes(data)[: self._takes_at_most]
        self._record += taken
        return len(taken)

    def bulk_read(self, dev_handle: object, ep: int, intf: int, buff: Any, timeout: int) -> int:
        if not self._answers:
            raise USBTimeoutError("no answer", errno=110)
        buff[0] = WELL
        return 1

    intr_write = iso_write = bulk_write
    intr_read = iso_read = bulk_read


def described(names: str, **known: int) -> SimpleNamespace:
    return SimpleNamespace(**dict.fromkeys(names.split(), 0), **known)


class TestUsbPrinter(PrinterContract):
    @pytest.fixture
    def device(self) -> Iterator[Device]:
        printer = UsbPrinter()
        yield printer
        assert printer.opened == 0, "every delivery lets go of the device"


class TestSilentUsbPrinter(PrinterContract):
    @pytest.fixture
    def device(self) -> Device:
        return UsbPrinter(answers=False)


@pytest.mark.parametrize(
    ("printer", "reason"),
    [(UsbPrinter(takes_at_most=0, answers=False), "stuck"), (UsbPrinter(breaks_after=20_000), "cut-off")],
)
def test_a_printer_that_takes_no_more_has_not_printed(printer: UsbPrinter, reason: str) -> None:
    with pytest.raises(PrinterDown) as down:
        Printer(printer.port).deliver(encode(paper()), Sent())
    assert down.value.reason == reason


def test_a_machine_without_libusb_says_so_or_finds_no_printer() -> None:
    with pytest.raises(PrinterDown) as down:
        Printer(UsbPort(0xFFFF, 0xFFFF)).deliver(encode(paper()), Sent())
    assert down.value.reason == "unreachable"
    assert "usb:ffff:ffff" in down.value.detail
