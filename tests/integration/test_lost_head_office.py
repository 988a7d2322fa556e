"""Head office is restored from an old backup: cursors alone bring everything back, and backups are whole."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from courier import backups, outbox
from courier.archive import ArchiveBroken, DatabaseNotEmpty, NotOurArchive, manifest_of
from courier.verify import Harm
from hq.backup import Nightly, back_up, restore
from hq.database import make_engine
from hq.reports.verify import Scope, verify
from hq.settings import Settings
from storehub.backup import read_back
from storehub.bootstrap import now
from storehub.database import courier
from storehub.settings import Settings as HubSettings
from tests import make
from tests.lost_boxes import SECONDS, Chain, sell
from tests.patience import eventually

NEWCOMERS = "SELECT count(*) FROM people WHERE employee_id = 'CASHIER_099'"

ENROLLED = "SELECT terminal_id FROM terminal_enrolments"


@pytest.mark.allow_log("news line lifted", "news started over")
def test_head_office_of_last_night_gets_everything_again(
    chain: Chain,
    chain_hq_settings: Settings,
    database_from_template: Callable[..., str],
    tmp_path: Path,
) -> None:
    till = chain.till("POS_01")
    sell(till, 2)
    eventually(lambda: chain.at_hq() == (2, 20_000))
    file = back_up(chain_hq_settings, tmp_path / "backups", now())
    chain.hub.program.clockwork.tell_head_office()
    assert chain.hq.sql(ENROLLED) == [("POS_01",)]
    sell(till, 3)
    eventually(lambda: chain.at_hq() == (5, 50_000))
    newcomer = {"name": "Mai", "role": "cashier", "pin": make.PIN, "language": "vi"}
    assert chain.hq.admin.put("/v1/people/CASHIER_099", json=newcomer).status_code in (200, 201)
    eventually(lambda: chain.hub.scalar(NEWCOMERS) == 1)
    held = chain.hub_news_version()

    chain.lose_head_office()
    sell(till)
    restored = replace(
        chain_hq_settings, database_url=database_from_template(None), data_dir=tmp_path / "hq-again"
    )
    restore(restored, file, now())
    chain.start_head_office(restored)

    eventually(lambda: chain.at_hq() == (6, 60_000))
    # What was received is in the books a moment later, and only then is it complete.
    eventually(lambda: chain.completeness()["complete"] is True)
    last = {origin["origin"]: origin["last"] for origin in chain.completeness()["origins"]}
    assert last["STORE_001/POS_01"] == 6
    assert chain.stock() == (-6, -6)
    # Who was hired this morning is lost with head office's disk: the hub hears so and is never ahead.
    eventually(lambda: chain.hub_news_version() > held)
    assert chain.hub.scalar(NEWCOMERS) == 0
    sell(till)
    assert till.lifeline.wait_until_sent(SECONDS)
    eventually(lambda: chain.at_hq() == (7, 70_000))
    # Which tills are enrolled is told once more, or the next hub would not know them.
    chain.hub.program.clockwork.tell_head_office()
    assert chain.hq.sql(ENROLLED) == [("POS_01",)]
    # The key came along: who was signed in still is.
    assert (tmp_path / "hq-again" / "token-key.pem").read_bytes() == (
        tmp_path / "hq" / "token-key.pem"
    ).read_bytes()


@pytest.mark.allow_log(
    *("news line lifted", "news started over", "chain broken"),
    *("positions missing", "positions not on this disk", "positions on no disk"),
)
def test_a_head_office_older_than_what_hubs_keep_names_what_is_missing_and_gets_the_rest(
    chain: Chain,
    chain_hq_settings: Settings,
    database_from_template: Callable[..., str],
    tmp_path: Path,
) -> None:
    """The newest backup is from before the 90 days for which a hub keeps its facts."""
    till, other = chain.till("POS_01"), chain.till("POS_02")
    sell(till)
    eventually(lambda: chain.at_hq() == (1, 10_000))
    file = back_up(chain_hq_settings, tmp_path / "backups", now())
    sell(till, 2)
    sell(other)
    eventually(lambda: chain.at_hq() == (4, 40_000))
    had = chain.at_hq_position()
    chain.lose_head_office()
    with chain.hub.engine.begin() as tx:
        outbox.acknowledge(tx, courier, had + 1, now())
        assert outbox.prune(tx, courier, now() + timedelta(days=1)) == had
    sell(till)

    restored = replace(
        chain_hq_settings, database_url=database_from_template(None), data_dir=tmp_path / "hq-again"
    )
    restore(restored, file, now())
    chain.start_head_office(restored)

    eventually(lambda: chain.at_hq() == (2, 20_000))
    eventually(lambda: chain.completeness()["projected"] is True)
    found = chain.completeness()
    assert found["complete"] is False
    origins = {origin["origin"]: (origin["last"], origin["gaps"]) for origin in found["origins"]}
    assert origins["STORE_001/POS_01"] == (4, [[2, 3]])
    assert origins["STORE_001/POS_02"] == (1, [[1, 1]])  # though nothing of it is kept that would tell
    alerts = [alert["detail"] for alert in chain.hq.admin.get("/v1/alerts").json()["items"]]
    assert any(f"STORE_001: positions 2-{had} are on no disk" in said for said in alerts), alerts
    engine = make_engine(restored.database_url)
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as tx:
        proof = verify(tx, Scope())
    engine.dispose()
    assert not proof.differences
    assert {flaw.harm for walked in proof.walks for flaw in walked.flaws} == {Harm.MISSING}
    sell(other)
    eventually(lambda: chain.at_hq() == (3, 30_000))


def test_a_backup_is_for_its_owner_only_and_whole(
    hq_database_url: str, database_from_template: Callable[..., str], tmp_path: Path
) -> None:
    settings = Settings(hq_database_url, data_dir=tmp_path / "hq")
    file = back_up(settings, tmp_path / "backups", now())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [found.name for found in (tmp_path / "backups").iterdir()] == [file.name]
    with pytest.raises(DatabaseNotEmpty):
        restore(settings, file, now())

    hub = HubSettings(database_from_template(None), "STORE_001", tmp_path / "hub")
    with pytest.raises(NotOurArchive, match="a backup of hq, not of storehub STORE_001"):
        read_back(hub, file)

    whole = file.read_bytes()
    for broken in (whole[:-1], whole[: len(whole) // 2], whole.replace(b"PK\x03\x04", b"PK\x03\x05", 1), b""):
        file.write_bytes(broken)
        with pytest.raises(ArchiveBroken):
            restore(replace(settings, database_url=database_from_template(None)), file, now())


def test_a_backup_says_what_it_holds(hq_database_url: str, tmp_path: Path) -> None:
    manifest = manifest_of(back_up(Settings(hq_database_url, data_dir=tmp_path), tmp_path, make.AT))
    assert (manifest.program, manifest.made_at) == ("hq", make.AT)
    assert {"ledger", "feed", "heads", "people", "stores", "set_aside", "origins"} <= set(manifest.tables)
    # What the ledger gives back is not in it.
    assert not {"transactions", "line_items", "stock_levels", "projection_cursors"} & set(manifest.tables)


def test_one_is_made_every_night_and_the_oldest_goes(hq_database_url: str, tmp_path: Path) -> None:
    settings = Settings(hq_database_url, data_dir=tmp_path, backup_dir=tmp_path / "kept", backups_kept=2)
    at = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
    made = []
    engine = make_engine(hq_database_url)
    nightly = Nightly(settings, engine, lambda: at)
    for _ in range(3):
        made.append(nightly.look())
        assert nightly.look() is None
        at += timedelta(days=1)
    engine.dispose()
    assert backups.kept(tmp_path / "kept", "hq") == made[1:]


@pytest.mark.parametrize(
    ("newest_hours_ago", "closed", "due"),
    [(None, False, True), (1, False, False), (9, False, True), (2, True, True), (0.5, True, False)],
)
def test_a_backup_is_due_after_the_night_and_after_a_closing(
    newest_hours_ago: float | None, closed: bool, due: bool
) -> None:
    zone, at = ZoneInfo("Asia/Ho_Chi_Minh"), make.AT  # half past eight in the morning there
    newest = None if newest_hours_ago is None else at - timedelta(hours=newest_hours_ago)
    assert backups.is_due(at, newest, zone, time(2, 30), closed) is due
