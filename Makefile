# A fresh machine needs Python (3.11 or newer) and make. `make help` lists the targets.
#
# The environment is built once: stamp files inside it remember which extras are installed, and they grow stale only
# when pyproject.toml changes. A warm run therefore never asks the network for anything.

# The first interpreter that is new enough, looked up only when an environment has to be made.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
  $$p -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && { echo $$p; exit; }; done; echo python3)
VENV   ?= .venv

# How the tests are spread over the cores: by file, in the order of tests/conftest.py.
WORKERS ?= -n auto --dist loadfile --no-loadscope-reorder

BIN    := $(VENV)/bin
PY     := $(BIN)/python
STAMPS := $(VENV)/stamps

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
# Tests start many short processes, and each imports faster from compiled files.
unexport PYTHONDONTWRITEBYTECODE

# Where a make test fails, the later steps would only add noise, and two tools at once would share one cache.
.NOTPARALLEL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help demo test test-failed test-slow test-dask test-browser browser-tools deploy-tools test-deploy spark-tools test-spark coverage lint types architecture format docs docs-tools dist bench torch-tools bench-history references clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  Another interpreter: make demo PYTHON=python3.12"

demo: $(STAMPS)/package ## Fit default on 60,000 real loans, print the table, write the report
	@$(BIN)/logitkit demo

test: lint types $(STAMPS)/kernels ## Lint, types, then the tests (without the slow ones), the architecture among them
	$(PY) -m pytest $(WORKERS)

test-failed: lint types $(STAMPS)/kernels ## What failed in the last `make test`, one after another
	$(PY) -m pytest --last-failed --last-failed-no-failures none

test-slow: $(STAMPS)/test ## The simulations and large fits that `make test` leaves out
	HYPOTHESIS_PROFILE=thorough $(PY) -m pytest -m slow

browser-tools: ## Fetch the browser and the tools that read its PDF (as root, from Debian)
	@command -v chromium >/dev/null && command -v pdftotext >/dev/null || { \
	  echo "make test-browser needs Debian's Chromium and pdftotext: apt-get install chromium poppler-utils (as root)"; \
	  test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq chromium poppler-utils >/dev/null; }

test-browser: $(STAMPS)/test ## Reports in Debian's Chromium: their picture, sorted tables, the PDF that it prints (a minute)
	timeout 300 $(PY) -m pytest -q -m browser -p no:faulthandler tests/report/pages/test_browser.py

deploy-tools: $(STAMPS)/deploy ## Fetch what runs exported cards (some 450 MB)

test-dask: $(STAMPS)/test ## Fits on a cluster of Dask whose workers and scheduler are killed (two minutes; Dask comes with the test extra)
	timeout 900 $(PY) -m pytest -q -m cluster -p no:faulthandler tests/design/chunks/test_dask_faults.py

test-deploy: $(STAMPS)/deploy ## Cards in PostgreSQL, Spark and an engine of PMML (needs Java and PostgreSQL, and says how to get them)
	$(PY) -m pytest -q -m deploy -p no:faulthandler tests/scorecard/export/test_deployed.py

spark-tools: $(STAMPS)/spark ## Fetch Spark (some 450 MB)

test-spark: $(STAMPS)/spark ## Fits by the workers of Spark (needs Java, and says how to get it)
	$(PY) -m pytest -q -m spark -p no:faulthandler tests/design/chunks/test_spark.py

coverage: $(STAMPS)/test ## Branches that the tests reach: of compiled code as Python, by the tests of the kernels
	NUMBA_DISABLE_JIT=1 $(PY) -m pytest -q --cov --cov-report= -W ignore::RuntimeWarning tests/numerics/kernels --deselect tests/numerics/kernels/test_cache.py
	$(PY) -m pytest -q $(WORKERS) --cov --cov-append --cov-report=term:skip-covered

lint: $(STAMPS)/test ## ruff: rules and format
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: $(STAMPS)/test ## mypy, strict on src
	$(PY) -m mypy

architecture: $(STAMPS)/test ## import-linter: the layers and the fences
	$(BIN)/lint-imports

format: $(STAMPS)/test ## Let ruff mend what it can
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

docs-tools: $(STAMPS)/docs ## Fetch what builds the site

docs: $(STAMPS)/docs ## Build the site in build/docs/html: every page is run, warnings are errors, links are followed (some minutes)
	$(PY) docs/stage.py build/docs/source
	$(PY) -m sphinx -q -W --keep-going -j auto -b html -c docs -d build/docs/doctrees build/docs/source build/docs/html
	$(PY) docs/check_site.py build/docs/html

dist: $(STAMPS)/dist ## Build wheel and sdist in dist/, check them, and run the demonstration from the wheel in an environment of its own
	rm -rf dist build/dist
	$(PY) -m build --no-isolation --outdir dist .
	$(PY) -m twine check --strict dist/*
	$(PY) -m venv build/dist
	build/dist/bin/python -m pip install -q dist/*.whl
	cd build/dist && env -u PYTHONPATH bin/logitkit --version && env -u PYTHONPATH bin/logitkit demo

bench: $(STAMPS)/bench ## Time all work beside the peers that are installed, within 50 minutes (ARGS="--quick": in small; "--resume": what an interrupted run has not; "--page": the page again)
	$(PY) benchmarks/bench.py $(ARGS)

torch-tools: ## An environment with torch in .venv-torch, beside which make bench times lk.logits (some 200 MB, more with CUDA)
	@$(PYTHON) -m venv .venv-torch
	.venv-torch/bin/python -m pip install -q torch torchvision scikit-learn -e .

bench-history: $(STAMPS)/bench ## Add our own figures of this commit to benchmarks/history.csv, and show the last few
	$(PY) benchmarks/history.py $(ARGS)

references: ## Rewrite the stored reference output (needs R with the packages that the script names)
	Rscript tests/references/make_all.R

clean: ## Remove the environment, the caches and what was built
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------------------------------------------------- environment

$(PY):
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { \
	  echo "logitkit needs Python 3.11 or newer; '$(PYTHON)' is not. Name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "Creating the environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "No environment could be made; on Debian and Ubuntu install python3-venv first."; exit 1; }

comma := ,

# $(call install,EXTRAS): first with what the environment already holds, which takes seconds and no network; then from
# the package index. hatchling goes into the environment itself, because an isolated build fetches it anew every time;
# setuptools and wheel are there for a peer of the benchmarks that comes as source only.
define install
	@mkdir -p $(STAMPS)
	@$(PY) -m pip install -q --no-index --no-build-isolation -e '.$(1)' >/dev/null 2>&1 || { \
	  echo "Installing logitkit$(1) and what it needs (a minute or two, once) ..." && \
	  $(PY) -m pip install -q 'hatchling>=1.26' setuptools wheel && \
	  $(PY) -m pip install -q --no-build-isolation -e '.$(1)'; }
	@touch $@
endef

$(STAMPS)/package: pyproject.toml | $(PY)
	$(call install,)

$(STAMPS)/test: pyproject.toml | $(PY)
	$(call install,[test])
	@touch $(STAMPS)/package

$(STAMPS)/deploy: pyproject.toml | $(PY)
	$(call install,[test$(comma)deploy])
	@touch $(STAMPS)/package $(STAMPS)/test

$(STAMPS)/docs: pyproject.toml | $(PY)
	$(call install,[docs])
	@touch $(STAMPS)/package $(STAMPS)/test

$(STAMPS)/dist: pyproject.toml | $(PY)
	$(call install,[dist])
	@touch $(STAMPS)/package

$(STAMPS)/spark: pyproject.toml | $(PY)
	$(call install,[test$(comma)spark])
	@touch $(STAMPS)/package $(STAMPS)/test

# Compiled once, by the tests that reach the kernels, before several workers would each compile the same.
REACHING := tests/numerics/kernels tests/oracles tests/engine/regularised/test_groups.py \
  tests/engine/regularised/test_column_step.py tests/engine/test_links.py tests/ordinal/test_verbs.py \
  tests/numerics/test_ascending.py tests/diagnostics/residuals/test_leave_out.py tests/scorecard/test_binned.py \
  tests/diagnostics/calibration/test_smooth.py tests/inference/validation/test_optimism.py \
  tests/design/chunks/test_budget.py tests/design/chunks/test_checked.py tests/logits
$(STAMPS)/kernels: $(wildcard src/logitkit/numerics/kernels/*.py src/logitkit/numerics/kernels/inner/*.py) | $(STAMPS)/test
	$(PY) -m pytest -q $(WORKERS) $(REACHING)
	@touch $@

$(STAMPS)/bench: pyproject.toml | $(PY)
	$(call install,[bench])
	@touch $(STAMPS)/package
