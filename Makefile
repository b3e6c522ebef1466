# `make run` shows the product, `make test` checks it. Each makes .venv and installs what is needed first.
PYTHON ?= python3
MAKEFLAGS += --jobs=2
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help run test lint kernel format bench validate lock clean

help:
	@echo "make run       simulate the default school before and after, print the verdict (half a minute; at first some minutes, to install and compile)"
	@echo "make test      lint, then all tests"
	@echo "make lint      ruff, mypy --strict, import floors"
	@echo "make bench     how fast the kernel moves vehicles, and SUMO where it is installed (12 min); writes docs/benchmarks.md"
	@echo "make validate  hold the simulation against published numbers, write docs/validation.md"
	@echo "make lock      resolve requirements.lock anew for Python 3.11, 3.12 and 3.13"

# The stamp is newer than the lock and pyproject.toml once both are installed.
$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "Python 3.11, 3.12 or 3.13 is needed; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -r requirements.lock
	@$(BIN)/python -m compileall -qq -j 2 -x /tests/ $(VENV)/lib || true  # on two cores, without the tests of others
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

run: $(READY)
	$(BIN)/dropoff run scenario=school/shapingba baseline=school/baseline replications=20 seed=1

# Half of what tests start are processes: they find our modules compiled, whatever the environment says of that.
# On two cores: the tests of a file, which share what is made once for all of them, stay together, and long files go first.
test: export PYTHONDONTWRITEBYTECODE =
test: lint kernel
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# What all tests wait for; beside ruff and mypy, which take a core alone for as long.
kernel: $(READY)
	@$(BIN)/python -c "from tests.conftest import compile_kernel; compile_kernel()"

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	$(BIN)/dropoff bench
	$(BIN)/python -m tests.bench.race docs/benchmarks.md
	$(BIN)/python -m tests.bench.sweep

validate: $(READY)
	$(BIN)/python -m pytest tests/validation tests/property/test_random_networks.py tests/e2e/test_sweep.py --full --write-table docs/validation.md

lock: $(READY)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	  --custom-compile-command "make lock" --no-annotate --no-emit-index-url --output-file requirements.lock

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
