# Two commands matter: « make demo » runs the portal, « make test » checks everything.
# Both work on a fresh machine with CPython 3.11 to 3.14, git and make; run again, they only do what is missing.

# Which Python to use; without a name, scripts/make_venv.sh takes the first supported one.
PYTHON ?=
VENV := .venv
RUN := $(VENV)/bin/python
# Stamps: each is written only when its step has succeeded, so an interrupted one is done again.
MADE := $(VENV)/.made
RUNTIME := $(VENV)/.installed
TOOLS := $(VENV)/.tools-installed
INSTALL := $(RUN) -I scripts/install_locked.py

# Variables that would put other code, or other packages of the browser side, in the place of the locked ones.
unexport PYTHONPATH PYTHONHOME REACT_VERSION REACT_ROUTER_VERSION REFLEX_USE_NPM REFLEX_FROZEN_LOCKFILE

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo watch build test test-quick test-services lint format bench lock hooks clean distclean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

demo: build ## Run the portal with demonstration data (PORT=3000 HOST=127.0.0.1)
	@$(RUN) -m app.cli serve

watch: $(RUNTIME) ## Run it while you change it: restarts, rebuilds pages when they change
	@$(RUN) -m app.cli watch

build: $(RUNTIME) ## Build the pages the browser gets, if something changed
	@$(RUN) -m app.cli build

test: test-services lint build ## Check everything (PYTEST_ARGS="-k booking" for a part)
	$(RUN) -m tests $(PYTEST_ARGS)

test-quick: $(TOOLS) ## Check the rules only, in two minutes: no browser, SQLite, nothing long
	$(RUN) -m tests --quick $(PYTEST_ARGS)

test-services: ## Install the programs the tests need (browser, PostgreSQL, Redis, nginx)
	@scripts/install_services.sh

lint: $(TOOLS) ## Check style, types and who may import whom
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy app rxconfig.py migrations/env.py
	$(VENV)/bin/lint-imports

format: $(TOOLS) ## Put the code into the project's style
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: $(TOOLS) test-services build ## Measure speed against its budgets
	$(RUN) -m bench

lock: $(TOOLS) ## Write the lock files again from pyproject.toml
	$(VENV)/bin/uv pip compile $(LOCK_OPTIONS) --output-file requirements.lock pyproject.toml
	$(VENV)/bin/uv pip compile $(LOCK_OPTIONS) --output-file requirements-dev.lock --extra dev --constraint requirements.lock pyproject.toml
	$(RUN) -m scripts.write_lock_metadata

# Names, versions and hashes only: where packages come from is each machine's business.
LOCK_OPTIONS := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

hooks: $(TOOLS) ## Run the quick checks before each commit
	$(VENV)/bin/pre-commit install

clean: ## Remove what was built and cached; data and .venv stay
	rm -rf .web .states .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find app bench migrations scripts tests -name __pycache__ -prune -exec rm -rf {} +

distclean: clean ## Remove .venv and the demonstration's data too
	rm -rf $(VENV) data

$(MADE):
	@PYTHON="$(PYTHON)" scripts/make_venv.sh $(VENV)
	@touch $@

$(RUNTIME): requirements.lock scripts/install_locked.py $(MADE)
	@echo "Installing what the portal needs…"
	@$(INSTALL) requirements.lock
	@touch $@

$(TOOLS): requirements-dev.lock $(RUNTIME)
	@echo "Installing what the tests need…"
	@$(INSTALL) requirements-dev.lock
	@touch $@
