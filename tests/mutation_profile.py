"""How hypothesis works while mutants are tried (`-p tests.mutation_profile`): the same few examples for
every mutant, and no time spent on making a counterexample small that nobody will read.

`EVEROPEN_MUTATION_EXAMPLES` says how many (40): fewer for a first look, more for those that live on.
"""

from __future__ import annotations

import os

from hypothesis import Phase, settings

settings.register_profile(
    "mutation",
    database=None,
    deadline=None,
    derandomize=True,
    max_examples=int(os.environ.get("EVEROPEN_MUTATION_EXAMPLES", "40")),
    phases=(Phase.explicit, Phase.generate),
)
settings.load_profile("mutation")
