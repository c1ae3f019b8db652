# Inside an active virtual environment that one is used; otherwise .venv is made here.
VENV := $(if $(VIRTUAL_ENV),$(VIRTUAL_ENV),.venv)
PY   := $(VENV)/bin/python
RUN  := $(PY) -m
STAMP := $(VENV)/.rwe-installed
DEV_STAMP := $(VENV)/.rwe-dev-installed

.PHONY: demo test test-all check snapshots bench install dev wheels lock clean

$(PY):
	python3 -m venv $(VENV)

$(STAMP): pyproject.toml requirements.lock | $(PY)
	$(RUN) pip install --quiet --requirement requirements.lock
	$(RUN) pip install --quiet --no-deps --editable .
	touch $@

$(DEV_STAMP): $(STAMP) requirements-dev.lock
	$(RUN) pip install --quiet --requirement requirements-dev.lock
	touch $@

install: $(STAMP)
dev: $(DEV_STAMP)

demo: install            ## sample extract -> CDM -> study -> report -> http://localhost:8501
	$(VENV)/bin/rwe demo

test: dev                ## the default suite, under 15 minutes on 2 cores
	$(PY) tests/setup_machine.py
	$(RUN) pytest -n 2 --dist loadgroup -m "not slow"

test-all: dev            ## everything, the long suites too
	$(PY) tests/setup_machine.py
	$(RUN) pytest -n 2 --dist loadgroup

check: dev               ## format, lint, types, import rules, translations
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(VENV)/bin/lint-imports

snapshots: dev           ## write the SQL in tests/cohorts/snapshots anew, after a change that was meant
	RWE_REFRESH_SNAPSHOTS=1 $(RUN) pytest tests/cohorts/script/test_snapshots.py

bench: dev               ## speed and memory, as ratios against a peer in the same run
	$(RUN) benchmarks

wheels: $(PY)            ## dist/wheels: all that an installation without a network needs
	$(RUN) pip wheel --quiet --wheel-dir dist/wheels --requirement requirements.lock
	$(RUN) pip wheel --quiet --wheel-dir dist/wheels --no-deps .
	cp requirements.lock dist/wheels/

lock: $(PY)              ## pin what pyproject.toml allows today
	$(RUN) pip install --quiet uv
	$(RUN) uv pip compile --quiet --universal --no-header --no-emit-index-url pyproject.toml -o requirements.lock
	$(RUN) uv pip compile --quiet --universal --no-header --no-emit-index-url --group dev --constraint requirements.lock pyproject.toml -o requirements-dev.lock
	$(RUN) pip install --quiet --dry-run --ignore-installed --requirement requirements-dev.lock

clean:
	rm -rf demo build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
