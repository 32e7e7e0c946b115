# imageferry: recipes. `make demo` and `make test` need nothing but Python 3.11 (or newer) and make.
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(if $(shell command -v $(name)),$(name))))
VENV   := .venv
BIN    := $(VENV)/bin
PIP     = $(BIN)/python -m pip --disable-pip-version-check --quiet
CLIENTS := $(patsubst requirements/clients-%.txt,.venv-clients/%/.ready,$(wildcard requirements/clients-*.txt))
# More workers than cores: some of them wait for processes, or for a second to pass.
WORKERS ?= 4

# Hundreds of processes are started by tests: each would translate the whole program anew where
# what was translated may not be kept.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup clients demo test soak check fix accept bench e2e browser screenshots docs clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml requirements/constraints.txt
	@echo "setting up $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --constraint requirements/constraints.txt setuptools
	@$(PIP) install --constraint requirements/constraints.txt --no-build-isolation --editable '.[postgres,server,dev]'
	@touch $@

clients: $(CLIENTS)

# Outside clients fight over versions, so each set has an environment of its own. One that cannot
# be had is left out here, and its tests then say by name that they were skipped.
.venv-clients/%/.ready: requirements/clients-%.txt
	@echo "setting up the clients of $<"
	@$(PYTHON) -m venv .venv-clients/$*
	@.venv-clients/$*/bin/python -m pip --disable-pip-version-check --quiet install --requirement $< \
		&& touch $@ || { echo "left out: $< cannot be installed"; rm -rf .venv-clients/$*; }

demo: setup
	@$(BIN)/python examples/demo.py

test: setup clients
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

# As many seeded histories as told: HISTORIES=10000, or SECONDS=3600; SEED says from where.
soak: setup
	@$(BIN)/python -m tests.worlds.soak $(if $(HISTORIES),--histories $(HISTORIES)) \
		$(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

check: setup
	@$(BIN)/ruff format --check --quiet src tests examples bench
	@$(BIN)/ruff check --quiet src tests examples bench
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fix: setup
	@$(BIN)/ruff format src tests examples bench
	@$(BIN)/ruff check --fix src tests examples bench

accept: setup
	@IMAGEFERRY_ACCEPT=1 $(BIN)/python -m pytest -q tests/cli

e2e: setup clients .venv-clients/cdk/.ready .venv-clients/axe/.ready browser
	@IMAGEFERRY_E2E=1 $(BIN)/python -m pytest -q tests/e2e tests/clients tests/browser

# Every page of the console, light and dark, wide and narrow, as pictures in screenshots/.
screenshots: setup browser
	@IMAGEFERRY_E2E=1 $(BIN)/python -m tests.browser.screenshots

# The browser is the system's own, and what drives it comes from the index. Where either cannot be
# had, the tests of the pages say by name that they were skipped.
browser: $(VENV)/.browser
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
		|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
			&& apt-get install --yes --no-install-recommends chromium >/dev/null; } \
		|| echo "left out: there is no chromium, and none can be installed"

$(VENV)/.browser: requirements/browser.txt $(VENV)/.ready
	@echo "setting up what drives a browser"
	@$(PIP) install --constraint requirements/constraints.txt --requirement $< \
		&& touch $@ || echo "left out: $< cannot be installed"

# What judges whether everybody can use the pages comes from npm.
.venv-clients/axe/.ready: requirements/axe/package.json
	@echo "setting up axe-core"
	@mkdir -p .venv-clients/axe && cp $< .venv-clients/axe/
	@npm install --prefix .venv-clients/axe --no-package-lock --no-audit --no-fund --silent \
		&& touch $@ || { echo "left out: $< cannot be installed"; rm -rf .venv-clients/axe; }

# The CDK comes from npm; where it cannot be had, its test says by name that it was skipped.
.venv-clients/cdk/.ready: requirements/cdk/package.json
	@echo "setting up the clients of $<"
	@mkdir -p .venv-clients/cdk && cp $< .venv-clients/cdk/
	@npm install --prefix .venv-clients/cdk --no-package-lock --no-audit --no-fund --silent \
		&& touch $@ || { echo "left out: $< cannot be installed"; rm -rf .venv-clients/cdk; }

bench: setup .venv-clients/peers/.ready
	@$(BIN)/python bench/run.py

# What is measured beside us. Where it cannot be had, the figures say so.
.venv-clients/peers/.ready: requirements/bench-peers.txt
	@echo "setting up what is measured beside us"
	@$(PYTHON) -m venv .venv-clients/peers
	@.venv-clients/peers/bin/python -m pip --disable-pip-version-check --quiet install --requirement $< \
		&& touch $@ || { echo "left out: $< cannot be installed"; rm -rf .venv-clients/peers; }

docs: setup
	@$(BIN)/python docs/map.py
	@$(BIN)/python docs/codes.py
	@$(BIN)/imageferry types docs --output docs/types

clean:
	rm -rf .venv .venv-clients .demo screenshots .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
