# Rapport. `make help` lists what there is; everything installs into .venv and node_modules here.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080
CASES ?= 100000
SEQUENCES ?= 1000
NPM := $(shell command -v npm || echo $(BIN)/npm)
VENDOR := plugin/web/static/vendor
PYTEST := $(BIN)/python -m pytest

.PHONY: help setup front-end translations texts browser demo test stories bench faults storm mutants fuzz sequences chance lint lock clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(VENV)/.installed front-end translations ## Install everything into this folder

$(VENV)/.installed: requirements-dev.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Rapport needs Python 3.11: install it, or say where it is with make PYTHON=…"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

front-end: $(VENDOR)/htmx.min.js ## Fetch the front-end files of others

node_modules/.installed: package-lock.json $(VENV)/.installed
	PATH="$(CURDIR)/$(BIN):$$PATH" $(NPM) ci --silent --no-progress
	@touch $@

$(VENDOR)/htmx.min.js: node_modules/.installed
	@mkdir -p $(VENDOR)
	cp node_modules/htmx.org/dist/htmx.min.js $(VENDOR)/
	cp node_modules/htmx.org/LICENSE $(VENDOR)/htmx-LICENSE.txt

CATALOGUES := $(wildcard plugin/web/translations/*/LC_MESSAGES/*.po)

translations: $(CATALOGUES:.po=.mo) ## Compile the catalogues of translations

%.mo: %.po $(VENV)/.installed
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

texts: ## Bring changed texts into the catalogues of translations
	@mkdir -p build
	@for each in messages:babel inside:inside; do domain=$${each%:*}; \
	  $(BIN)/pybabel -q extract -F plugin/web/translations/$${each#*:}.cfg -k _l --no-location --sort-output -o build/$$domain.pot plugin && \
	  $(BIN)/pybabel -q update -D $$domain --no-wrap --ignore-obsolete --no-fuzzy-matching -i build/$$domain.pot -d plugin/web/translations || exit; done

browser: ## Find Chromium for the browser tests, or install it where apt-get may
	@sh tests/browser/ensure_chromium.sh

demo: setup ## Start the app with a local Jira and a mailbox, with data (PORT=8080)
	@$(BIN)/python -m tests.devhost.demo --port $(PORT)

test: setup browser ## Run every test
	$(PYTEST)

stories: setup browser ## Tell every browser story behind both edges, Connect and Forge
	$(PYTEST) tests/browser --both-edges

bench: setup ## Measure speed against a bare baseline; writes build/bench.json
	$(BIN)/python -m tests.bench

faults: setup browser ## Kill, starve and cut off Rapport for an hour or so; writes build/faults.json
	$(BIN)/python -m tests.faults

storm: setup ## Change 10,000 issues at once: how many are asked, and how often Jira is called
	$(BIN)/python -m tests.faults.storm 10000

mutants: setup ## Take each guard away, one at a time: a test must notice
	$(BIN)/python -m tests.conformance.mutants

fuzz: setup ## Hostile input in bulk: parsers, routes, tokens (CASES=100000)
	$(BIN)/python -m tests.fuzz --cases $(CASES)

sequences: setup ## Fields in Jira against the ledger, after random sequences (SEQUENCES=1000)
	SEQUENCES=$(SEQUENCES) $(PYTEST) -n 0 --timeout 0 tests/plugin/fields/test_against_the_ledger.py

chance: setup ## Rules and schedules on new random examples, many of them
	$(PYTEST) --hypothesis-profile chance --timeout 0 -m hypothesis

lint: setup ## Style, types, layers, known weaknesses of dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	-$(BIN)/pip-audit --require-hashes -r requirements.txt --progress-spinner off

lock: ## Renew the hash-locked requirements from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --extra postgres --extra pdf --extra scale pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --extra postgres --extra pdf --extra scale --group dev pyproject.toml -o requirements-dev.txt

clean: ## Remove everything that make made
	rm -rf $(VENV) node_modules build $(VENDOR)
