#!/usr/bin/env bash
# torch 2.13.0: the switch AT_PER_OPERATOR_HEADERS, with which a C++ file reads only the operators that it includes by name, has
# no effect on a file that speaks to other processes: torch/csrc/distributed/c10d/Backend.hpp includes ATen/ATen.h, and
# that takes every operator whatever the switch says. A file with ATen/TensorOperators.h alone reads one instead of 1338
# with the switch; one with Backend.hpp reads all 1589, and costs a compiler seconds. A class behind which the backend is
# hidden keeps it out of the other files.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps torch==2.13.0
include=$(echo "$folder"/venv/lib/python3*/site-packages/torch/include)

operators() {  # header, flags...: how many files of single operators' functions it reads
    printf '#include <%s>\n' "$1" >"$folder/file.cpp"
    g++ -std=c++20 "${@:2}" -E -isystem "$include" -isystem "$include/torch/csrc/api/include" "$folder/file.cpp" |
        grep -oE 'ATen/ops/[a-zA-Z0-9_]+\.h' | grep -vE '_ops\.h$|_dispatch|_native' | sort -u | wc -l
}
narrow=$(operators ATen/TensorOperators.h -DAT_PER_OPERATOR_HEADERS)
all=$(operators ATen/TensorOperators.h)
backend=$(operators torch/csrc/distributed/c10d/Backend.hpp -DAT_PER_OPERATOR_HEADERS)
echo "torch 2.13.0, $(g++ -dumpfullversion): operators read by ATen/TensorOperators.h: $all, with the switch $narrow;"
echo "by c10d/Backend.hpp with the switch: $backend"
[ "$narrow" -lt $((all / 5)) ] || { echo "the switch no longer helps TensorOperators.h"; exit 1; }
[ "$backend" -ge "$all" ] || { echo "the behavior has changed"; exit 1; }
