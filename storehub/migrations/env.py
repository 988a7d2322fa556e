"""Alembic's entry: runs the revisions under an advisory lock, all of them in one transaction."""

from __future__ import annotations

from importlib import import_module

from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from storehub.database import MIGRATION_LOCK, metadata, server_options

ROOMS_WITH_TABLES = ("baskets", "catalog", "members", "payments", "people", "sales", "shifts", "stock")

for room in ROOMS_WITH_TABLES:
    import_module(f"storehub.{room}.tables")


def run() -> None:
    """Migrate the database whose URL `storehub.database.migrate` put into the configuration."""
    engine = create_engine(
        context.config.attributes["url"],
        poolclass=NullPool,
        connect_args=server_options("storehub migrate", statement_seconds=0),
    )
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=False)
        with context.begin_transaction():
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            context.run_migrations()


run()
