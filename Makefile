# One sentence per recipe: "make help" prints them.
PYTHON ?= python3
BIN := .venv/bin
FILES ?=
PACS ?= standin
LOAD ?=
RETURN ?= all
ONLY ?=
REPEAT ?= 5
QUICK ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check chaos bench

help: ## Show this list.
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 14

demo: .venv/for-demo ## Send films to a daemon and show what it returns to a PACS. FILES="a.dcm b.dcm" adds films, PACS=orthanc uses Orthanc, RETURN=flagged keeps the thresholds, LOAD=interval or burst sends 50 studies.
	@$(BIN)/python -m deploy.demo --pacs "$(PACS)" --return "$(RETURN)" $(if $(LOAD),--load "$(LOAD)") -- $(FILES)

test: .venv/for-test ## Run the tests; without the Debian tools that .ci/run installs, some are skipped.
	$(BIN)/python -m pytest -m "not chaos" --numprocesses logical --maxprocesses 4 --dist loadfile

check: .venv/for-test ## Check style, format, types and import contracts.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

chaos: .venv/for-test ## Run the long crash tests.
	$(BIN)/python -m pytest -m chaos

bench: .venv/for-bench ## Measure reception, decoding, inference and captures beside other programs, and all of it together, and print ratios. ONLY="dx visit" chooses cells by a part of their name, REPEAT=3 the turns of each program, QUICK=1 sends an eighth.
	@$(BIN)/python -m tests.benchmarks --repeat $(REPEAT) $(if $(QUICK),--quick) -- $(ONLY)

.venv/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; try make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/for-demo: .venv/created pyproject.toml constraints.txt
	@echo "Installing once; PyTorch is several GB (README names a smaller way)."
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/for-test: .venv/created pyproject.toml constraints.txt
	@echo "Installing once; PyTorch is several GB (README names a smaller way)."
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e ".[test]"
	@touch $@ .venv/for-demo

.venv/for-bench: .venv/for-test
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e ".[test,bench]"
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt --no-deps grad-cam
	@touch $@
