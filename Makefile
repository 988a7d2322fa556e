# The doors of the project: each target with two hashes behind it. `make help` prints them.

PYTHON ?= $(shell for python in python3.11 python3 python3.12 python3.13 python3.14; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
RUN := .venv/bin/python
INSTALLED := .venv/.everopen-installed
WORKERS ?= 2
SECONDS ?= 300

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

.DEFAULT_GOAL := help
.PHONY: setup demo test check bench simulate chaos screens package help

setup: $(INSTALLED) ## Make .venv with everything in it (part of the doors below; quick the second time)
	@echo "setup: .venv is ready"

$(INSTALLED): pyproject.toml
	@echo "setup: a virtual environment in .venv and the packages of pyproject.toml"
	@test -n "$(PYTHON)" || { echo "Everopen needs Python 3.11 or newer; on Debian 12: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) installer/environment.py setup
	@test -x $(RUN) || $(PYTHON) -m venv .venv
	@$(RUN) -m pip install --editable '.[standalone,dev]'
	@touch $(INSTALLED)

demo: setup ## Head office, a store and two tills on demo data: sells, loses the network, catches up
	@$(RUN) installer/environment.py demo
	@echo "demo: pictures and receipts land in build/demo"
	@$(RUN) -m installer.demo

test: setup ## Every test, on real Postgres and offscreen windows
	@$(RUN) installer/environment.py test
	@echo "test: pytest in $(WORKERS) processes"
	@$(RUN) -m pytest -q -n $(WORKERS) $(PYTEST_ARGS)

check: setup ## Style, types and the direction of imports, without running anything
	@echo "check: ruff (style), mypy --strict (types), import-linter (who may import whom)"
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy
	@.venv/bin/lint-imports --no-logo

bench: setup ## Measure against bare floors and write build/bench.json
	@$(RUN) installer/environment.py test
	@echo "bench: figures land in build/bench.json"
	@$(RUN) -m bench

simulate: setup ## The whole chain in one thread from a seed, with everything going wrong (WORLDS=n SEED=s BUGS=1)
	@$(RUN) -m tests.simulation $(if $(WORLDS),--worlds $(WORLDS)) $(if $(SEED),--seed $(SEED)) $(if $(BUGS),--bugs)

chaos: setup ## Real processes killed, cut off and starved while they sell; then every book is compared
	@$(RUN) installer/environment.py chaos
	@echo "chaos: report and words land in build/chaos"
	@$(RUN) -m tests.chaos --seconds $(SECONDS) $(if $(SEED),--seed $(SEED)) $(CHAOS)

screens: setup ## A picture of every screen in every state, both languages, themes and sizes
	@$(RUN) installer/environment.py test
	@echo "screens: pictures and an index page land in build/screens"
	@$(RUN) -m tests.screens.gallery

package: ## Later: installers for Windows, macOS and Linux
	@echo "package: is not built yet. It will build the installers of till, hub and head office."
	@exit 1

help: ## This list
	@echo "Everopen: a point of sale that goes on selling when the network does not."
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'
