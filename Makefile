# Every target sets up what it needs, once, in a virtual environment of its own folder. Only Python >= 3.11 with venv is
# asked of the machine. `make help` lists the targets.

VENV ?= .venv
PY := $(VENV)/bin/python
# The interpreters to test under besides the one in $(VENV); one that is not on the machine is left out, and said so.
VERSIONS ?= 3.11 3.12 3.13
CODE := $(wildcard src tests examples benchmarks docs/conf.py)
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --no-input --constraint constraints.txt
# The tests are spread over so many processes; JOBS= (empty) runs them in one.
JOBS ?= 2
PYTEST := -m pytest $(if $(JOBS),-n $(JOBS))
HYPOTHESIS_PROFILE ?= dev
export HYPOTHESIS_PROFILE

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types mypy pyright cover doctest versions docs notebooks scaling spark soak mutation bench format clean
.NOTPARALLEL:

help: ## this list
	@echo 'Targets (each installs what it needs first; PYTHON=/path/to/python chooses the interpreter):'
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1\t/' | expand -t 14

demo: $(VENV)/.has-demo ## replay the shipped history and show queue, breaches and report; LOG=servicenow DATA=a/folder for a real log
	$(PY) examples/replay/main.py $(if $(LOG),--log $(LOG)) $(if $(DATA),--data $(DATA)) $(DEMO_ARGS)

test: $(VENV)/.has-test ## the whole test suite; PYTEST_ARGS="-k sla -x" narrows it
	$(PY) $(PYTEST) $(PYTEST_ARGS)

check: lint types cover doctest versions ## everything that must be green: ruff, mypy, pyright, tests with full branch coverage, doctests, other Pythons
	@echo 'make check: all green'

lint: $(VENV)/.has-dev ## ruff, style and layout
	$(PY) -m ruff check $(CODE)
	$(PY) -m ruff format --check $(CODE)

types: $(VENV)/.has-dev ## mypy --strict and pyright, side by side
	@$(MAKE) --no-print-directory mypy & other=$$!; $(MAKE) --no-print-directory pyright; one=$$?; wait $$other && exit $$one

mypy: $(VENV)/.has-dev
	$(PY) -m mypy --strict $(CODE)

pyright: $(VENV)/.has-dev
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(PY) -m pyright --warnings --pythonpath $(PY) $(CODE)

# COVERED=1: the tests have just been run with `make test PYTEST_ARGS=--cov`, as .ci/run does, and are not run a second time.
cover: $(VENV)/.has-test ## the tests, failing below 100 % branch coverage of src
	$(if $(COVERED),$(PY) -m coverage report,HYPOTHESIS_PROFILE=cover $(PY) $(PYTEST) --cov --cov-report=term-missing:skip-covered $(PYTEST_ARGS))

doctest: $(VENV)/.has-test ## the examples in docstrings; those of README and docs are run by tests/test_docs.py
	$(PY) $(PYTEST) --doctest-modules src
	$(PY) $(PYTEST) tests/test_docs.py

# ELSEWHERE="--ignore=tests/test_demo.py" leaves out there what says the same under every Python, as .ci/run does to be quick.
versions: $(VENV)/.has-test ## the tests under the other Python versions on this machine
	@set -e; \
	here=$$($(PY) -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	for version in $(VERSIONS); do \
	    if [ "$$version" = "$$here" ]; then continue; fi; \
	    if other=$$(sh .ci/find-python $$version 2>/dev/null); then \
	        echo "--- Python $$version"; \
	        $(MAKE) --no-print-directory VENV=.venv-$$version PYTHON=$$other HYPOTHESIS_PROFILE=quick PYTEST_ARGS="$(ELSEWHERE)" test; \
	    else \
	        echo "--- Python $$version: not on this machine, left out"; \
	    fi; \
	done

docs: $(VENV)/.has-docs ## the documentation as HTML in build/docs, warnings being errors
	$(PY) -m sphinx -q -W --keep-going -b html docs build/docs

notebooks: $(VENV)/.has-notebooks ## the notebooks of examples/notebooks, executed into build/notebooks
	$(PY) examples/notebooks/execute.py build/notebooks

scaling: $(VENV)/.has-test $(VENV)/.has-scaling ## the recipes of docs/scaling.md on Polars and DuckDB
	$(PY) $(PYTEST) tests/test_scaling.py -k "not spark" $(PYTEST_ARGS)

spark: $(VENV)/.has-test $(VENV)/.has-spark ## the recipe for Spark, in local mode; it needs Java, and installs 0.7 GB
	$(PY) $(PYTEST) tests/test_scaling.py -k spark $(PYTEST_ARGS)

soak: $(VENV)/.has-test ## the tests with 20,000 examples a law (hours)
	HYPOTHESIS_PROFILE=nightly $(PY) $(PYTEST) $(PYTEST_ARGS)

mutation: ## small faults put into src, and how many of them the tests notice; MUTANTS="--seed 2 --count 100" draws others (an hour or more)
	@$(MAKE) --no-print-directory VENV=.venv-mutation .venv-mutation/.has-mutation
	.venv-mutation/bin/python tests/mutation_score.py reach
	.venv-mutation/bin/python tests/mutation_score.py draw $(MUTANTS)
	.venv-mutation/bin/python tests/mutation_score.py run $(MUTANTS)
	.venv-mutation/bin/python tests/mutation_score.py run --again survived --examples 50 $(MUTANTS)
	.venv-mutation/bin/python tests/mutation_score.py types $(MUTANTS)
	.venv-mutation/bin/python tests/mutation_score.py report $(MUTANTS)

bench: ## measure against the other libraries, side by side in one run, in .venv-bench; BENCH_ARGS="--only W11" narrows it
	@$(MAKE) --no-print-directory VENV=.venv-bench .venv-bench/.has-bench
	.venv-bench/bin/python benchmarks/run.py $(BENCH_ARGS)

format: $(VENV)/.has-dev ## lay out the code and apply ruff's safe fixes
	$(PY) -m ruff format $(CODE)
	$(PY) -m ruff check --fix $(CODE)

clean: ## remove what the targets made, the virtual environments included
	rm -rf .venv .venv-* build dist demo-output .coverage .coverage.* .hypothesis .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment with one extra of pyproject.toml: the stamp is newer than what decides on its contents.
$(VENV)/.has-%: pyproject.toml constraints.txt | $(PY)
	$(PY) $(PIP_INSTALL) --editable '.[$*]'
	@touch $@

$(PY):
	@python="$(PYTHON)"; python=$${python:-$$(sh .ci/find-python)} && echo "$$python -m venv $(VENV)" && "$$python" -m venv $(VENV)
