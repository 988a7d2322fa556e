"""A settings file that the first programs read is read by those of today and says the same."""

from __future__ import annotations

from pathlib import Path

from hq.settings import Settings as HqSettings
from storehub.settings import Settings as HubSettings
from terminal.settings import load

HUB = """
database_url = "postgresql://hub:secret@127.0.0.1:5432/hub"
store_id = "STORE_001"
data_dir = "/var/lib/everopen/hub"
host = "0.0.0.0"
port = 8100
hq_url = "https://hq.example.com"
secret_file = "/etc/everopen/hq-secret"
enrolment_code = "K7QM-2F9T"
printer = "network:192.168.1.50:9100"
receipt_language = "en"
simulated_capture_seconds = 2.5
ping_seconds = 30
ca_file = "/etc/everopen/ca.pem"
tls_certificate = "/etc/everopen/hub.pem"
tls_key = "/etc/everopen/hub.key"
"""
HQ = """
database_url = "postgresql://hq:secret@127.0.0.1:5432/hq"
data_dir = "/var/lib/everopen/hq"
host = "0.0.0.0"
port = 8000
admin_employee_id = "ADMIN_001"
admin_pin = "274911"
timezone = "Asia/Ho_Chi_Minh"
currency = "VND"
prices_include_tax = false
tls_certificate = "/etc/everopen/hq.pem"
tls_key = "/etc/everopen/hq.key"
"""
TILL = """
data_dir = "/var/lib/everopen/till"
hub_url = "https://hub.example.com:8100"
enrolment_code = "K7QM-2F9T"
language = "en"
windowed = true
ca_file = "{ca_file}"
"""


def test_a_hubs_first_settings(tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    file.write_text(HUB)
    assert HubSettings.load({}, file) == HubSettings(
        "postgresql://hub:secret@127.0.0.1:5432/hub",
        "STORE_001",
        Path("/var/lib/everopen/hub"),
        host="0.0.0.0",
        hq_url="https://hq.example.com",
        secret_file=Path("/etc/everopen/hq-secret"),
        enrolment_code="K7QM-2F9T",
        printer="network:192.168.1.50:9100",
        receipt_language="en",
        simulated_capture_seconds=2.5,
        ping_seconds=30,
        ca_file=Path("/etc/everopen/ca.pem"),
        tls_certificate=Path("/etc/everopen/hub.pem"),
        tls_key=Path("/etc/everopen/hub.key"),
    )


def test_head_offices_first_settings(tmp_path: Path) -> None:
    file = tmp_path / "hq.toml"
    file.write_text(HQ)
    assert HqSettings.load({}, file) == HqSettings(
        "postgresql://hq:secret@127.0.0.1:5432/hq",
        Path("/var/lib/everopen/hq"),
        host="0.0.0.0",
        admin_employee_id="ADMIN_001",
        admin_pin="274911",
        prices_include_tax=False,
        tls_certificate=Path("/etc/everopen/hq.pem"),
        tls_key=Path("/etc/everopen/hq.key"),
    )


def test_a_tills_first_settings(tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    ca_file.touch()
    file = tmp_path / "till.toml"
    file.write_text(TILL.format(ca_file=ca_file))
    settings = load({}, file)
    assert (settings.data_dir, settings.hub_url) == (
        Path("/var/lib/everopen/till"),
        "https://hub.example.com:8100",
    )
    assert (settings.enrolment_code, settings.language, settings.windowed) == ("K7QM-2F9T", "en", True)
    assert (settings.ca_file, settings.scanner, settings.customer_display) == (str(ca_file), "", "auto")
