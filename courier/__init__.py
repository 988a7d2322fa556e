"""The two pipes: facts go up, news comes down; the same code at both tiers, on SQLite and Postgres."""
