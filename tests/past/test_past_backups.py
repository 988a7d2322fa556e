"""A backup that an earlier program made is read back by that of today, up to the schema of today.

`backups/<program>-<revision>.backup.zip` was made by the program of that revision, of the database that
`hub/` or `hq/` has for it. A file that is here is never changed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import hq.backup
import storehub.backup
from hq.database import make_engine as hq_engine
from hq.reports.projector import Projector
from hq.reports.verify import Scope
from hq.reports.verify import verify as verify_hq
from hq.settings import Settings as HqSettings
from storehub.database import make_engine
from storehub.settings import Settings
from storehub.verify import verify
from tests import make
from tests.past.past_databases import PastDatabases, columns, rows

FOLDER = Path(__file__).parent / "backups"


def test_a_hubs_backup_holds_what_the_hub_had(
    past_hubs: PastDatabases, database_url: str, tmp_path: Path
) -> None:
    settings = Settings(database_url=database_url, store_id=make.STORE, data_dir=tmp_path)

    manifest = storehub.backup.read_back(settings, FOLDER / "storehub-0009.backup.zip")

    assert manifest.revision == "0009"
    upgraded = past_hubs.upgraded("0009")
    for table, names in columns(upgraded).items():
        moved = {"sync_cursors": ("updated_at",)}.get(table, ())  # one is made by a revision on its way
        same = tuple(name for name in names if name not in moved)
        assert rows(database_url, table, same) == rows(upgraded, table, same), table
    engine = make_engine(database_url)
    with engine.connect() as tx:
        looks = [line for line in verify(tx).lines() if line.startswith("LOOK")]
    engine.dispose()
    assert [look.partition(" never")[0] for look in looks] == [
        "LOOK  STORE_001/POS_02 2",
        "LOOK  STORE_001/POS_02 4-5",
    ]


@pytest.mark.allow_log("fact set aside", "news line lifted")
def test_head_offices_backup_holds_its_ledger_and_gives_its_books_again(
    past_offices: PastDatabases, database_url: str, tmp_path: Path
) -> None:
    settings = HqSettings(database_url, data_dir=tmp_path)

    manifest = hq.backup.restore(settings, FOLDER / "hq-0008.backup.zip", make.AT)

    assert manifest.revision == "0008"
    engine = hq_engine(database_url, "hq verify", statement_seconds=0)
    Projector(engine, lambda: make.AT).catch_up()
    with engine.connect() as tx:
        looks = [line for line in verify_hq(tx, Scope()).lines() if line.startswith("LOOK")]
    engine.dispose()
    assert looks == ["LOOK  STORE_002/POS_01 2 never arrived"]
    upgraded = past_offices.upgraded("0008")
    for table in (
        "ledger",
        "transactions",
        "payments",
        "refunds",
        "refund_tenders",
        "voids",
        "promotions",
        "prices",
    ):
        names = columns(upgraded)[table]
        assert rows(database_url, table, names) == rows(upgraded, table, names), table
