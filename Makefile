# Needs Python >= 3.11, Node >= 20 and make. Everything else comes from the locks, into this folder.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Every process of the stack starts in a third of the time when Python keeps what it compiled.
unexport PYTHONDONTWRITEBYTECODE
export UV_CACHE_DIR := $(CURDIR)/.cache/uv
export npm_config_cache := $(CURDIR)/.cache/npm
export PATH := $(CURDIR)/.venv/bin:$(PATH)

UV := .venv/bin/uv
FORGE = $(firstword $(wildcard node_modules/@foundry-rs/forge-*/bin/forge))
SOLHINT := node_modules/.bin/solhint --disc --noPoster --max-warnings 0
PYTHON_CODE := orchestrator oracles api scripts tests
CORES := $(shell getconf _NPROCESSORS_ONLN)
# One more than there are cores: tests that wait for a block or a process leave their core to somebody else.
WORKERS ?= $(shell expr $(CORES) + 1)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# ---------------------------------------------------------------- setup

.PHONY: setup
setup: .venv/.stamp node_modules/.stamp ## install what the locks say; does nothing when it is all there

.venv/.created:
	@for python in python3.11 python3.12 python3.13 python3 python3.14; do \
	    "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	    echo "setup: .venv with $$("$$python" --version)"; \
	    "$$python" -m venv --clear .venv && touch $@; exit; \
	done; \
	echo "No Python >= 3.11 with venv was found: install one (on Debian: python3 and python3-venv) and run make again." >&2; \
	exit 1

.venv/.stamp: locks/uv.txt locks/dev.txt pyproject.toml | .venv/.created
	@echo "setup: Python packages of locks/dev.txt"
	@.venv/bin/python -m pip install -qq --disable-pip-version-check --no-cache-dir --require-hashes -r locks/uv.txt
	@$(UV) pip sync --quiet --compile-bytecode --python .venv/bin/python --require-hashes locks/uv.txt locks/dev.txt
	@$(UV) pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
	@touch $@

.venv-audit/.stamp: locks/audit.txt | .venv/.stamp
	@echo "setup: audit tools of locks/audit.txt"
	@$(UV) venv --quiet --clear --python .venv/bin/python .venv-audit
	@$(UV) pip sync --quiet --python .venv-audit/bin/python --require-hashes locks/audit.txt
	@touch $@

node_modules/.stamp: package.json package-lock.json .npmrc
	@command -v node npm >/dev/null || { echo "Node >= 20 with npm was not found: install it and run make again." >&2; exit 1; }
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' \
	    || { echo "Node $$(node --version) is too old: Covenant needs 20 or newer." >&2; exit 1; }
	@echo "setup: Node packages of package-lock.json"
	@# Not `npm ci`: it demands the binaries of every platform in the lock, and not every registry carries them all.
	@npm install --no-save --loglevel=error >/dev/null
	@touch $@

.PHONY: lock
lock: setup ## resolve the dependencies again and write the locks
	@compile() { $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url "$$@"; }; \
	compile pyproject.toml -o locks/service.txt; \
	compile pyproject.toml --extra backtest --extra local --group dev -c locks/service.txt -o locks/dev.txt; \
	compile --group audit -o locks/audit.txt; \
	compile --group uv -o locks/uv.txt
	@npm install --package-lock-only --loglevel=error >/dev/null
	@echo "lock: locks/*.txt and package-lock.json written"

# ---------------------------------------------------------------- build

.PHONY: build build-release abi abi-check
build: setup ## compile the contracts for tests (out/)
	@$(FORGE) build

build-release: setup ## compile what is deployed, through the IR (build/release/)
	@FOUNDRY_PROFILE=release $(FORGE) build --skip test

abi: build ## write the committed ABIs from the compiled contracts
	@python -m scripts.deploy.abi

.PHONY: client
client: setup ## write what the Python client takes from the OpenAPI document (api/client)
	@python -m scripts.client

abi-check: build ## fail if the committed ABIs differ from the compiled contracts
	@python -m scripts.deploy.abi --check

# ---------------------------------------------------------------- test

# The steps that need nothing of one another, the longest first. They run beside one another.
STEPS := build-release test-contracts types lint test-console imports

# run NAME, COMMAND: runs one step of `make test`, tells how long it took, and stops at the first that fails.
run = start=$$SECONDS; printf '\n== %s\n' '$(1)'; \
	if $(2); then printf -- '-- %s: ok in %d s\n' '$(1)' "$$((SECONDS - start))"; \
	else printf -- '-- %s: FAILED after %d s (make %s runs it alone)\n' '$(1)' "$$((SECONDS - start))" '$(1)'; exit 1; fi

.PHONY: test lint fmt types imports test-contracts test-console test-python deep-histories $(STEPS:%=step-%)
test: setup ## everything: lint, types, imports, Solidity, JavaScript and Python tests
	@$(MAKE) -j$(CORES) $(STEPS:%=step-%)
	@$(call run,test-python,$(MAKE) test-python)

# What a step says comes in one piece, when it is over.
$(STEPS:%=step-%): step-%: setup
	@mkdir -p build/steps; log=build/steps/$*.log; code=0; \
	( $(call run,$*,$(MAKE) $*) ) >"$$log" 2>&1 || code=$$?; \
	cat "$$log"; exit $$code

lint: setup ## ruff, forge fmt, solhint, eslint; and whether the Python client is what the OpenAPI document says
	@ruff check --quiet $(PYTHON_CODE)
	@ruff format --check --quiet $(PYTHON_CODE) || { ruff format --check $(PYTHON_CODE) | head -20; echo "lint: run make fmt" >&2; exit 1; }
	@$(FORGE) fmt --check
	@$(SOLHINT) 'contracts/**/*.sol'
	@node_modules/.bin/eslint --max-warnings 0 api/console tests/console
	@python -m scripts.client --check

fmt: setup ## write all code in its one format
	@ruff check --fix --quiet $(PYTHON_CODE) || true
	@ruff format --quiet $(PYTHON_CODE)
	@$(FORGE) fmt

types: setup ## mypy, strict
	@mypy

imports: setup ## who may import whom
	@lint-imports --no-cache

test-contracts: setup ## Solidity tests
	@$(FORGE) test

test-console: setup ## what the console computes, in Node
	@node --test --test-reporter=dot tests/console/*.test.js

test-python: build build-release .venv-audit/.stamp ## Python tests: unit, contracts on eth-tester, integration on the embedded parts
	@pytest -n $(WORKERS) --dist worksteal

deep-histories: build build-release ## random histories, contracts against rules; goes on where it stopped (SEEDS=0..10000)
	@python -m tests.contracts.deep_histories $(or $(SEEDS),0..10000)

.PHONY: simulate
simulate: build-release ## the mirror under faults against one without, seed by seed; goes on where it stopped (SEEDS=0..9)
	@python -m tests.simulation.simulate $(or $(SEEDS),0..9) $(ARGS)

.PHONY: crash
crash: build ## engine and sender killed with SIGKILL at every named step; goes on where it stopped (SEEDS=0..19)
	@python -m tests.simulation.crashes.crash $(or $(SEEDS),0..19) $(ARGS)

.PHONY: deep-replays
deep-replays: build ## whole files of rounds over 200 lines against brute force; goes on where it stopped (ARGS="--rounds 500")
	@python -m tests.simulation.replays.deep $(ARGS)

.PHONY: deep-api
deep-api: build ## the API asked at random by its OpenAPI document; goes on where it stopped (SEEDS=0..9)
	@python -m tests.api.fuzzing.deep $(or $(SEEDS),0..9) $(ARGS)

.PHONY: duel
duel: build ## two engines and two senders at once, killed or frozen now and then (MINUTES=10)
	@python -m tests.simulation.crashes.duel --minutes $(or $(MINUTES),10) $(ARGS)

# ---------------------------------------------------------------- measure

.PHONY: audit coverage gas bench-mirror
audit: setup .venv-audit/.stamp ## Slither, ERC checks, solhint, sizes and coverage in one report under build/audit/
	@covenant audit $(ARGS)

coverage: build ## line and branch coverage of both languages
	@$(FORGE) coverage --report summary --exclude-tests --no-match-coverage '^(node_modules|contracts/local)/'
	@pytest -n $(WORKERS) --dist worksteal --cov --cov-report=term --cov-report=html:build/coverage

bench-mirror: build-release ## how fast the mirror is; results in build/bench-mirror.json (EVENTS=1000000: for long)
	@python -m scripts.bench.mirror $(if $(EVENTS),--events $(EVENTS))

gas: build build-release ## gas of whole transactions against budgets and snapshot (ACCEPT=1 accepts what grew)
	@python -m tests.contracts.gas $(if $(ACCEPT),--accept)

.PHONY: bench-backtest
bench-backtest: setup ## 10,000 lines through 10,000 rounds by the credit rules; writes build/bench-backtest.json
	@python -m scripts.bench.backtest $(ARGS)

.PHONY: bench-api
bench-api: build-release ## how fast the API is over 50,000 lines and 500,000 events; writes build/bench-api.json
	@python -m scripts.bench.api $(ARGS)

.PHONY: bench-triggers
bench-triggers: build-release ## one round over 100,000 and a million open lines; writes build/bench-triggers.json
	@python -m scripts.bench.triggers $(ARGS)

# ---------------------------------------------------------------- assure

.PHONY: mutate defences proofs deep-contracts
mutate: build ## change the contracts a bit at a time, and expect a test to fail (CONTRACTS="Escrow", ARGS="--json")
	@python -m scripts.audit.mutation $(CONTRACTS) $(ARGS)

defences: build ## take every defence out of the contracts, and expect the test that names it to fail (ARGS="--only 'rule draw'")
	@python -m scripts.audit.defences $(ARGS)

deep-contracts: setup ## Solidity fuzz and invariant tests of the release build, for long; goes on where it stopped (ARGS="--seed 2")
	@python -m scripts.audit.deep $(ARGS)

proofs: setup .venv-audit/.stamp ## prove the maths for all arguments, with halmos (ARGS="--only Liquidation")
	@python -m scripts.audit.proofs $(ARGS)

# ---------------------------------------------------------------- run

.PHONY: demo up screenshots readme
demo: build-release ## one credit line, from the signed offer to the last wei (ARGS="--rounds FILE")
	@covenant demo $(ARGS)

up: build-release ## the whole stack with a simulated market, until Ctrl-C (ARGS="--json")
	@exec covenant up $(ARGS)

screenshots: build-release ## take pictures of the console's pages into docs/screenshots
	@python -m tests.browser.screenshots

readme: build-release ## run the demo and put what it says into README.md
	@python -m scripts.demo.capture

.PHONY: clean
clean: ## remove what make made, but neither the installed packages nor the state of `make up`
	@rm -rf build out .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.*
