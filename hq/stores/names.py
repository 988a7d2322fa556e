"""What stores and terminals may be called: names that are safe in paths, pipes and lists."""

from __future__ import annotations

import re

NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,49}$"
RESERVED = frozenset({"HQ"})
"""Head office's own name in pipes and chains."""

ID_PATTERN = re.compile(NAME)
