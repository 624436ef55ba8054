#!/bin/sh
# Brings the uv that requirements-uv.lock pins into .tools/uv/bin, with nothing but a Python; called by make.
#
#   sh tools/bootstrap.sh          fetch uv
#   sh tools/bootstrap.sh python   print the path of the Python to build .venv with
#
# PYTHON in the environment names the Python; without it the first new enough one of the usual names is taken.
set -eu
export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1

usable() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if usable "$name"; then
            "$name" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    name=${PYTHON:-python3}
    found=$("$name" --version 2>/dev/null || echo "not on this machine")
    echo "call-thing needs Python 3.11 or later; $name is ${found#Python }. Name another one: make run PYTHON=python3.12" >&2
    exit 1
}

fetch() { # with this Python's pip: wheels only, and only those whose hash the lock names
    "$1" -m pip install --quiet --no-warn-script-location --upgrade --no-deps \
        --only-binary :all: --require-hashes --target .tools/uv -r requirements-uv.lock >&2
}

python=$(find_python)
if [ "${1:-}" = python ]; then
    echo "$python"
    exit
fi

rm -rf .tools/uv .tools/pip
mkdir -p .tools
echo "Fetching uv into .tools/ ..." >&2
if "$python" -m pip --version >/dev/null 2>&1; then
    fetch "$python" || failed=$?
elif "$python" -m venv .tools/pip >/dev/null 2>&1; then # no pip of its own: borrow one
    fetch .tools/pip/bin/python || failed=$?
    rm -rf .tools/pip
else
    rm -rf .tools/pip
    echo "$python has neither pip nor the venv module to fetch uv with. Debian, Ubuntu: sudo apt-get install python3-venv" >&2
    exit 1
fi
if [ "${failed:-0}" -ne 0 ] || ! .tools/uv/bin/uv --version >/dev/null 2>&1; then
    rm -rf .tools/uv
    echo "uv could not be fetched (see above). Check the network, or the proxy and index in pip's settings, and try again." >&2
    exit 1
fi
