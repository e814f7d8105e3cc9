# Two commands on a fresh machine: `make demo` and `make test`. Needs Python 3.11 or newer and make, nothing else.
PYTHON ?= $(firstword $(foreach v,python3.11 python3.12 python3.13 python3 python,$(shell \
	$(v) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(v))))
BIN := .venv/bin
# make test EXTRAS=test,spark also installs Apache Spark (half a gigabyte; needs Java 17), and tests it.
EXTRAS ?= test
STAMP := .venv/.installed-$(EXTRAS)
DRAFTS = WORKBENCH_BATCH=1 PYTHONHASHSEED=0 WORKBENCH_REPORTS=$$(mktemp -d)

.PHONY: demo test test-notebooks test-suite check lab notebooks golden sizes bench

demo: $(STAMP)
	@$(BIN)/python -m workbench demo

# Side by side: the notebooks run one after the other, on one core.
test: $(STAMP)
	@$(MAKE) --no-print-directory -j2 test-notebooks test-suite

test-notebooks: $(STAMP)
	$(DRAFTS) $(BIN)/python -m pytest -q --nbval --nbval-kernel-name workbench -p no:cacheprovider notebooks

test-suite: $(STAMP)
	$(BIN)/python -m pytest -q -n auto --dist loadgroup

check: $(STAMP)
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy workbench

lab: $(STAMP)
	$(BIN)/python -m workbench lab harbour-mutual

notebooks: $(STAMP)
	$(BIN)/python -m workbench.batch.masters

golden: $(STAMP)
	WORKBENCH_GOLDEN=1 $(BIN)/python -m pytest -q tests/test_golden.py

sizes: $(STAMP)
	$(BIN)/python -m bench.sizes

bench: $(STAMP)
	$(BIN)/python -m bench

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing. Install it, or: make PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	$(BIN)/python -m workbench.batch.warm.kernelspec
	@touch $@
