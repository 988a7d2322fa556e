"""The schema that the migrations end in is the one that the programs declare, to the last index and comment.

`make simulate` and the tills make their tables from the declaration; Postgres gets them from the migrations.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import MetaData, create_engine

import hq.database
import storehub.database

TABLES = "c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND c.relname <> 'alembic_version'"
LOOKS = {
    "columns": f"""
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
            pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE {TABLES} AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped""",
    "tables": f"""
        SELECT c.relname, c.relkind, pg_get_partkeydef(c.oid), obj_description(c.oid) FROM pg_class c
        WHERE {TABLES} AND c.relkind IN ('r', 'p')""",
    "constraints": f"""
        SELECT c.relname, k.conname, pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE {TABLES}""",
    "indexes": f"""
        SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        WHERE {TABLES}""",
}


def declared(program: str) -> MetaData:
    """Everything that the rooms of a program declare."""
    module = import_module(f"{program}.database")
    for room in Path(str(module.__file__)).parent.glob("*/tables.py"):
        import_module(f"{program}.{room.parent.name}.tables")
    found = module.metadata
    assert isinstance(found, MetaData)
    return found


MIGRATE = {"storehub": storehub.database.migrate, "hq": hq.database.migrate}
URL = {"storehub": storehub.database.engine_url, "hq": hq.database.engine_url}


@pytest.mark.parametrize("program", ["storehub", "hq"])
def test_both_ways_give_the_same_schema(
    program: str, database_from_template: Callable[..., str], database_url: str
) -> None:
    migrated = database_from_template(MIGRATE[program])
    engine = create_engine(URL[program](database_url))
    declared(program).create_all(engine)
    engine.dispose()
    for look, query in LOOKS.items():
        with psycopg.connect(migrated) as one, psycopg.connect(database_url) as other:
            of_migrations = set(one.execute(query.encode()).fetchall())
            of_declaration = set(other.execute(query.encode()).fetchall())
        assert of_migrations ^ of_declaration == set(), look
