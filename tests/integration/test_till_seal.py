"""People at rest on the till: nobody reads them without the key, and a lost key costs a download."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from keyring.backends import fail, null
from keyring.errors import KeyringLocked

from terminal.till.catalogue import Catalogue
from terminal.till.enrolment import EnrolmentNotReadable
from terminal.till.keys import FILE_NAME, people_key, system_ring
from terminal.till.people import PeopleTable
from terminal.till.seal import KEY_BYTES, PeopleSeal, SealBroken
from tests.tills import SEAL, SHOP, feed, person

OTHER = PeopleSeal(b"\x01" * KEY_BYTES, os.urandom)


class Ring:
    """A keyring of the system in memory."""

    def __init__(self, *, locked: bool = False) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = locked

    def get_password(self, service: str, username: str) -> str | None:
        self._reach()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._reach()
        self.kept[service, username] = password

    def _reach(self) -> None:
        if self.locked:
            raise KeyringLocked


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "catalogue.sqlite"


def filled(file: Path, seal: PeopleSeal = SEAL) -> None:
    with closing(Catalogue(file, "STORE_001", seal)) as catalogue:
        feed(catalogue, *SHOP, person("M01", "1357", name="Trần Văn Bình", role="manager"))


def signs_in(file: Path, seal: PeopleSeal) -> bool:
    with closing(Catalogue(file, "STORE_001", seal)) as catalogue:
        return PeopleTable(catalogue, "STORE_001").check("C07", "2468") is not None


def on_disk(file: Path) -> bytes:
    return b"".join(part.read_bytes() for part in file.parent.iterdir() if part.name.startswith(file.name))


def cursors(file: Path) -> int:
    with closing(sqlite3.connect(file)) as reader:
        return int(reader.execute("SELECT count(*) FROM sync_cursors").fetchone()[0])


def test_neither_name_nor_role_nor_hash_of_anybody_can_be_read_on_the_disk(file: Path) -> None:
    filled(file)
    everything = on_disk(file)
    for secret in (b"argon2", "Trần Văn Bình".encode(), b'"manager"', b"pin_hash"):
        assert secret not in everything
    assert b"Coca-Cola" in everything
    assert signs_in(file, SEAL)


@pytest.mark.allow_log("people that the key does not open")
def test_a_lost_key_lets_go_of_the_people_and_fetches_everything_anew(file: Path) -> None:
    filled(file)
    assert cursors(file) == 1
    assert not signs_in(file, OTHER)
    assert cursors(file) == 0
    filled(file, OTHER)
    assert signs_in(file, OTHER)


def test_what_an_older_program_left_readable_is_sealed_when_it_is_opened(file: Path) -> None:
    filled(file)
    with closing(sqlite3.connect(file, isolation_level=None)) as older:
        for key, body in older.execute("SELECT key, body FROM master_data WHERE kind = 'person'").fetchall():
            older.execute("UPDATE master_data SET body = ? WHERE key = ?", (SEAL.open(key, body), key))
        older.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"argon2" in on_disk(file)
    assert signs_in(file, SEAL)
    assert b"argon2" not in on_disk(file)


@pytest.mark.allow_log("people that the key does not open")
def test_one_person_s_row_is_of_no_use_in_another_s_place(file: Path) -> None:
    filled(file)
    with closing(sqlite3.connect(file, isolation_level=None)) as thief:
        thief.execute(
            "UPDATE master_data SET body = (SELECT body FROM master_data WHERE key = 'C07') WHERE key = 'M01'"
        )
    with closing(Catalogue(file, "STORE_001", SEAL)) as catalogue:
        assert PeopleTable(catalogue, "STORE_001").check("M01", "2468") is None
        assert PeopleTable(catalogue, "STORE_001").check("C07", "2468") is not None


@pytest.mark.parametrize("row", ["", "aes256gcm:", "aes256gcm:????", "aes256gcm:AAAA", "{}"])
def test_a_row_that_is_no_row_is_refused(row: str) -> None:
    with pytest.raises(SealBroken):
        SEAL.open("C07", row)


def test_the_same_person_never_looks_the_same_twice() -> None:
    first, second = (SEAL.seal("C07", "{}") for _ in range(2))
    assert first != second
    assert SEAL.open("C07", first) == SEAL.open("C07", second) == "{}"


def test_the_key_is_kept_in_the_system_s_keyring_and_nowhere_else(tmp_path: Path) -> None:
    ring = Ring()
    key = people_key(tmp_path, ring, os.urandom)
    assert (len(key), people_key(tmp_path, ring, os.urandom)) == (KEY_BYTES, key)
    assert list(tmp_path.iterdir()) == []
    assert people_key(tmp_path / "other", ring, os.urandom) != key


@pytest.mark.allow_log("keyring does not answer")
@pytest.mark.parametrize("ring", [None, Ring(locked=True)], ids=["none", "locked"])
def test_without_a_keyring_the_key_is_in_a_file_that_only_its_owner_reads(
    tmp_path: Path, ring: Ring | None
) -> None:
    key = people_key(tmp_path, ring, os.urandom)
    file = tmp_path / FILE_NAME
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    # What a file holds is what the rows were sealed with, whatever keyring appears later.
    assert people_key(tmp_path, Ring(), os.urandom) == key
    file.chmod(0o644)
    with pytest.raises(EnrolmentNotReadable, match="others may read it"):
        people_key(tmp_path, None, os.urandom)
    file.chmod(0o600)
    file.write_text("no key")
    with pytest.raises(EnrolmentNotReadable, match="holds no key"):
        people_key(tmp_path, None, os.urandom)


def test_a_keyring_that_keeps_nothing_or_keeps_it_readable_is_no_keyring(monkeypatch) -> None:
    class PlaintextKeyring(null.Keyring):
        """As packages of others bring them."""

    for found in (fail.Keyring(), null.Keyring(), PlaintextKeyring()):
        monkeypatch.setattr("keyring.get_keyring", lambda found=found: found)
        assert system_ring() is None
