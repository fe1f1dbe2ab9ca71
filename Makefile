# Needs Python 3.11 and make. `make demo` shows the product, `make test` runs what CI runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint train train-second-reader install clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

demo: install
	$(BIN)/screening demo

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest

train: install
	$(BIN)/python -m models.train

# Some hours on two cores. After a new `make train` its word alone has to be weighed anew:
# `.venv/bin/python -m models.second_reader.weigh --keep-network`.
train-second-reader: install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[second-reader-training]'
	$(BIN)/python -m models.second_reader.train --window 256
	$(BIN)/python -m models.second_reader.train --window 256 --deep --continue build/second_reader/256/network.pt
	$(BIN)/python -m models.second_reader.train --window 512
	$(BIN)/python -m models.second_reader.train --window 512 --deep --continue build/second_reader/512/network.pt
	$(BIN)/python -m models.second_reader.weigh

clean:
	rm -rf $(VENV) var build *.egg-info
