# Everything runs in .venv, which make builds itself: a clean clone needs Python 3.11 and make.
.DEFAULT_GOAL := help
.PHONY: help demo test check lint types tools fix golden screenshots bench gate compiled judging clean

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# Programs that some tests drive for real, named as Debian's packages; without one, they skip.
TOOLS := logrotate chromium

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

demo: $(STAMP) ## find the leaks in sample_logs/, in a database made for the occasion
	@db="$$(mktemp -d)/demo.db"; \
	$(BIN)/logdiag ingest sample_logs/*.log --db "$$db" || exit $$?; \
	$(BIN)/logdiag report --db "$$db" || exit $$?; \
	echo; \
	echo "The database is $$db. Where to look next:"; \
	echo "  $(BIN)/logdiag report --db $$db --format json     the same for programs"; \
	echo "  $(BIN)/logdiag explain sample_logs/seed.log       which pattern knew which line"; \
	echo "  $(BIN)/logdiag check sample_logs/seed.log         one shot for CI, by exit code"; \
	echo "  $(BIN)/logdiag watch /var/log/your-app            follow your own logs"

test: $(STAMP) tools ## run the tests
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

check: lint types test ## what CI runs; layers and documentation are tests, in tests/house

lint: $(STAMP) ## lint and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP) ## static types
	$(BIN)/mypy

fix: $(STAMP) ## repair what ruff can, and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: $(STAMP) ## rewrite golden files from what the code says now, and show the difference
	@test -z "$$CI" || { echo "make golden: not in CI; golden files change by a person's hand."; exit 2; }
	-$(BIN)/python -m pytest tests/faces tests/diagnosis --update-golden
	git --no-pager diff -- tests docs rules

gate: $(STAMP) ## does every root cause have its name, every healthy day its peace? fresh seeds
	$(BIN)/python -m benchmarks.gate $(GATE)

screenshots: $(STAMP) tools ## pictures of every page into build/screenshots, and the README's into docs
	$(BIN)/python -m tests.browser.screenshots build/screenshots docs/timeline.png

bench: $(STAMP) ## measure speed and memory beside other tools, into benchmarks/RESULTS.md
	$(BIN)/python -m compileall -q logdiag  # as an installed package is
	$(BIN)/python -m benchmarks.bench

compiled: ## logdiag in .venv-compiled, judging four times as fast; needs a C compiler
	@$(PYTHON) -m venv .venv-compiled
	@.venv-compiled/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@LOGDIAG_BUILD=compiled .venv-compiled/bin/python -m pip install --quiet \
	  --disable-pip-version-check --force-reinstall .
	@echo "It is .venv-compiled/bin/logdiag."

judging: $(STAMP) compiled ## measure how fast events are judged, plain and compiled, into benchmarks/JUDGING.txt
	$(BIN)/python benchmarks/judging.py > benchmarks/JUDGING.txt
	.venv-compiled/bin/python benchmarks/judging.py >> benchmarks/JUDGING.txt
	@cat benchmarks/JUDGING.txt

clean: ## remove the virtual environment, caches and generated corpora
	rm -rf .venv .venv-compiled .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache benchmarks/corpora

tools:
	@for tool in $(TOOLS); do \
	  PATH="$$PATH:/usr/sbin:/sbin" command -v $$tool >/dev/null && continue; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	    && { apt-get install -y -qq $$tool || { apt-get update -qq && apt-get install -y -qq $$tool; }; } >/dev/null 2>&1; \
	  then echo "installed Debian's package $$tool for the tests"; \
	  else echo "NOTE: $$tool is missing, its tests will be skipped. Try: sudo apt-get install $$tool"; fi; \
	done

# Installs once, and again when pyproject.toml changes. `pip install --group` came with pip 25.1.
$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "logdiag needs Python 3.11 or newer. Try: make PYTHON=python3.11 ..."; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "This Python cannot make virtual environments. Try: sudo apt-get install python3-venv"; exit 2; }
	@echo "Setting up .venv (10 to 60 seconds, once) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@LOGDIAG_BUILD=pure $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --editable . --group dev  # pure: without fetching what compiles
	@touch $@
