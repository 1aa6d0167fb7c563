# Kesher: `make demo` and `make test` do everything on a machine with Python 3.11+ and make.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
ARGS ?=

.PHONY: help setup demo test lint format bench lock clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 10

setup: $(VENV)/.installed ## Install Kesher and its tools into .venv

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Kesher needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
ifeq ($(UV),)
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) || \
	  { echo "Could not make $(VENV). On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; }
	@echo "Installing the locked requirements into $(VENV) (a minute or two the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
else
	@test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) $(VENV)
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --require-hashes -r requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
endif
	@touch $@

demo: setup ## Run the whole way on synthetic customers, then serve the dashboard (ARGS='--people 500 --no-serve')
	@$(BIN)/kesher demo $(ARGS)

test: lint ## Check style, types and behaviour
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(ARGS)

lint: setup ## Check style and types only
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/sqlfmt --quiet --check dbt_project
	@$(BIN)/mypy

format: setup ## Rewrite code into the project's style
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .
	@$(BIN)/sqlfmt --quiet dbt_project

bench: setup ## Run the benchmarks and print their tables
	@$(BIN)/python -m benchmarks $(ARGS)

lock: setup ## Resolve pyproject.toml again into requirements.lock (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes \
	  --no-annotate --no-header --no-emit-index-url pyproject.toml -o requirements.lock

clean: ## Remove what make and the demo made (.venv and data stay)
	@rm -rf .mypy_cache .ruff_cache .pytest_cache dbt_project/target dbt_project/logs
