"""How hypothesis works while mutants are tried (`-p tests.mutation_profile`): the same few examples for
every mutant, and no time spent on making a counterexample small that nobody will read."""

from __future__ import annotations

from hypothesis import Phase, settings

settings.register_profile(
    "mutation",
    database=None,
    deadline=None,
    derandomize=True,
    max_examples=40,
    phases=(Phase.explicit, Phase.generate),
)
settings.load_profile("mutation")
