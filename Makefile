# Two commands are enough on a machine with Python 3.11 or later and make:
#
#   make run        an engine and the console on a demo call (lang=de: the same in German)
#   make test       everything that needs no hardware and no account, in minutes
#   make test-long  calls in real time that take longer than that
#
# The first of them fetches a pinned uv into .tools/ and installs the pinned, hashed wheels into .venv/;
# nothing outside this folder is changed but pip's and uv's caches. Written for GNU make 3.81, which macOS ships.

lang ?= en
PYTHON ?=
jobs ?= 3

UV = .tools/uv/bin/uv
BIN = .venv/bin
INSTALL = $(UV) pip install --quiet --python $(BIN)/python --no-deps --offline --editable .
SYNC = test -t 2 || quiet=--quiet; $(UV) pip sync --python $(BIN)/python --require-hashes --no-build $$quiet
COMPILE = $(UV) pip compile --quiet --universal --generate-hashes --no-header

# Stamps: what is newer than what it was made from costs nothing the second time.
# A PYTHON named on the command line has a stamp of its own, so that naming another one rebuilds .venv.
UV_HERE = .tools/uv/stamp
VENV_HERE = .venv/stamp-venv$(if $(PYTHON),-$(subst /,_,$(PYTHON)))
RUN_HERE = .venv/stamp-run
EAR_BIN = .venv-ear/bin
EAR_VENV = .venv-ear/stamp-venv
EAR_HERE = .venv-ear/stamp
DEV_HERE = .venv/stamp-dev

# What is installed is said by the locks alone, not by whoever's environment make happens to run in.
unexport PIP_CONSTRAINT PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_NO_BINARY PIP_NO_DEPS PIP_NO_INDEX PIP_ONLY_BINARY
unexport PIP_PREFIX PIP_REQUIREMENT PIP_REQUIRE_HASHES PIP_REQUIRE_VIRTUALENV PIP_ROOT PIP_TARGET PIP_USER
unexport UV_BUILD_CONSTRAINT UV_CONFIG_FILE UV_CONSTRAINT UV_EXCLUDE_NEWER UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_INDEX
unexport UV_NO_BINARY UV_NO_BUILD UV_NO_INDEX UV_OVERRIDE UV_PRERELEASE UV_PYTHON UV_RESOLUTION
unexport UV_SYSTEM_PYTHON UV_TARGET VIRTUAL_ENV CONDA_PREFIX PYTHONHOME PYTHONPATH
export UV_PYTHON_DOWNLOADS = never

.PHONY: help install run test test-long lint lock pictures ear image clean

help:
	@echo "make run        start an engine and the console on a demo call; lang=de, es or nl for another language"
	@echo "make test       run the tests that need no hardware and no account; jobs=0: one after the other"
	@echo "make test-long  run those that take longer: calls in real time, rooms that are killed in them"
	@echo "make lint       check style, types and who imports whom"
	@echo "make install    install what the engine needs into .venv/ and stop there"
	@echo "make pictures   draw the console's screens again for the README"
	@echo "make ear        train the simulator's recogniser, from nothing: docs/ear.md; goes on where it was broken off"
	@echo "make image      build the container image with podman or docker: deploy/Containerfile"
	@echo "make lock       choose and pin newer versions of everything"
	@echo "make clean      remove .venv/, .venv-ear/, .tools/ and all caches in this folder; build/ear stays"
	@echo "PYTHON=python3.12 after any of them: build .venv/ with that Python"

run: $(RUN_HERE)
	@$(BIN)/call-thing run --lang $(lang)

install: $(RUN_HERE)
	@echo "Installed: $(BIN)/call-thing"

# Most of the tests' time is calls in real time, so that more of them run than there are cores.
test: $(DEV_HERE)
	@$(BIN)/python -m pytest -n $(jobs) --dist loadscope -m "not long" $(args)

test-long: $(DEV_HERE)
	@$(BIN)/python -m pytest -n $(jobs) --dist loadscope -m long $(args)

lint: $(DEV_HERE)
	@failed=; for check in "ruff check" "ruff format --check" mypy "lint-imports --no-logo"; do \
		echo "-- $$check"; $(BIN)/$$check || failed=1; \
	done; test -z "$$failed"

pictures: $(DEV_HERE)
	$(BIN)/python console/pictures.py

# torch stands in no lock: uv leaves it out of everything that it resolves here (pyproject.toml). So pip brings the one
# version that the extra "ear" names, into an environment of its own. torch_index=URL: from another index than pip's,
# of wheels that come without CUDA's several GB.
torch_index ?=

ear: $(EAR_HERE)
	@$(EAR_BIN)/python -m tools.ear $(args)

$(EAR_VENV): | $(UV_HERE)
	@python=$$(PYTHON="$(PYTHON)" sh tools/bootstrap.sh python) && { "$$python" -m venv --clear .venv-ear 2>/dev/null || \
		$(UV) venv --quiet --seed --clear --python "$$python" .venv-ear; }
	@touch $@

$(EAR_HERE): requirements.lock pyproject.toml $(EAR_VENV)
	@echo "Installing what the lock names, and torch, into .venv-ear/ ..." >&2
	@$(UV) pip install --quiet --python $(EAR_BIN)/python --require-hashes --no-build -r requirements.lock
	@$(UV) pip install --quiet --python $(EAR_BIN)/python --no-deps --offline --editable .
	@torch=$$(sed -n 's/^ear = \["\(torch==[^"]*\)"\].*/\1/p' pyproject.toml) && $(EAR_BIN)/python -m pip install \
		--quiet --disable-pip-version-check --only-binary :all: $(if $(torch_index),--index-url $(torch_index)) "$$torch"
	@touch $@

image:
	@sh deploy/build.sh $(args)

lock: $(UV_HERE)
	sed -n 's/^requires = \["uv_build\(.*\)"\]/uv\1/p' pyproject.toml | $(COMPILE) --upgrade --no-annotate --python-version 3.11 - --output-file requirements-uv.lock
	$(COMPILE) --upgrade pyproject.toml --output-file requirements.lock
	$(COMPILE) --upgrade pyproject.toml --group dev --constraint requirements.lock \
		--output-file requirements-dev.lock

clean:
	rm -rf .venv .venv-ear .tools dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(UV_HERE): requirements-uv.lock tools/bootstrap.sh
	@PYTHON="$(PYTHON)" sh tools/bootstrap.sh
	@touch $@

$(VENV_HERE): | $(UV_HERE)
	@python=$$(PYTHON="$(PYTHON)" sh tools/bootstrap.sh python) && $(UV) venv --quiet --clear --python "$$python" .venv
	@touch .venv/stamp-venv $@

# Once the developer's tools are in, a changed lock does not throw them out again.
$(RUN_HERE): requirements.lock requirements-dev.lock pyproject.toml $(VENV_HERE)
	@echo "Installing what the lock names into .venv/ ..." >&2
	@lock=requirements.lock; test ! -e $(DEV_HERE) || lock=requirements-dev.lock; $(SYNC) $$lock
	@$(INSTALL)
	@test ! -e $(DEV_HERE) || touch $(DEV_HERE)
	@touch $@

$(DEV_HERE): requirements-dev.lock pyproject.toml $(VENV_HERE)
	@echo "Installing what the lock names, and the tools for the tests, into .venv/ ..." >&2
	@$(SYNC) requirements-dev.lock
	@$(INSTALL)
	@touch $(RUN_HERE) $@
