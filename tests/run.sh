#!/usr/bin/env bash
# What `make test` does after everything is built: every test of the workspace. The suites, which mostly wait
# for a control plane, run beside each other, each with one of its own; what each prints is shown when it ends.
#
#   tests/run.sh [SUITE…]      all of them, or these suites of tests/suites only
set -uo pipefail
shopt -s nullglob
cd "$(dirname "$0")/.."

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
trap 'kill $(jobs -p) 2>/dev/null; exit 130' INT TERM

# Always the whole workspace: see the Makefile on what cargo builds for another selection.
cargo() { command "${CARGO:-cargo}" test --workspace --quiet "$@"; }

declare -A names=()
begin() { # NAME ARGUMENT…
    local name=$1
    shift
    (
        began=$SECONDS
        cargo "$@" > "$logs/$name" 2>&1
        code=$?
        echo "== $name: $((SECONDS - began)) s, exit code $code" >> "$logs/$name"
        exit $code
    ) &
    names[$!]=$name
}

# So many at once: each suite has a control plane of its own, and what waits too long for a core fails. On two cores
# seven took 10 min 21 s, and 10 min 48 s; nine take 9 min 10 s to 10 min.
most=${SUITES_AT_ONCE:-$(($(nproc) * 4 + 1))}
ended=0
failed=0
reap() { # the next that ends
    wait -n -p ended "${!names[@]}" || failed=1
    cat "$logs/${names[$ended]}"
    unset "names[$ended]"
}
begin_when_there_is_room() {
    while [ ${#names[@]} -ge "$most" ]; do reap; done
    begin "$@"
}

# Compiled once for all of them, and not by each host of each suite that starts.
built=${CARGO_TARGET_DIR:-target}
"$built/debug/innkeeper" inspect "$built"/guests/*.wasm "$built"/test-guests/*.wasm > "$logs/modules" 2>&1 ||
    { cat "$logs/modules"; exit 1; }

suites=("$@")
if [ ${#suites[@]} -eq 0 ]; then
    # What is long and begins late is waited for: those with the most tests first, and those whose tests are long.
    mapfile -t suites < <(cd tests/suites/tests && for suite in *; do
        tests=$(cat $(find "$suite" -name '*.rs') | grep -c '^#\[test\]')
        case $suite in
        both_ways) each=400 ;;
        # The first time it compiles for four minutes.
        new_guest) each=150 ;;
        soak) each=50 ;;
        kills) each=30 ;;
        faults | promises_q | promises_reads) each=15 ;;
        promises_apply | promises_d | promises_m | promises_s) each=8 ;;
        bad_input | promises_wa) each=6 ;;
        *) each=4 ;;
        esac
        echo "$((tests * each)) $suite"
    done | sort -rn | cut -d' ' -f2)
    others=(--lib --bins)
    for file in {host,guests,tests}/*/tests/*.rs {host,guests,tests}/*/tests/*/main.rs; do
        [ "$(basename "$file")" = main.rs ] && file=$(dirname "$file")
        [[ $file == tests/suites/* ]] || others+=(--test "$(basename "$file" .rs)")
    done
    begin everything-else "${others[@]}"
fi
# The longest are shared out among control planes: a line of words is one that runs the tests with these in their names,
# and the last one runs the rest.
parts_of() {
    case $1 in
    faults) echo storm:: ;;
    hostile) echo bounds:: ;;
    kills) echo before_each_write ;;
    promises_adgsm) echo a06_ ;;
    promises_apply) echo a07_ ;;
    promises_d) echo d02_ ;;
    promises_m) printf '%s\n' m06_ 'm01_ m02_ m03_' ;;
    promises_wa) echo moments:: ;;
    systems_a) echo goop:: ;;
    workers) echo building:: ;;
    esac
}
# A quarter of the API servers' time went into looking for what memory can be used again; there is enough of it.
export GOGC=${GOGC:-400}
# Tests of a suite wait more than they work.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-6}
for suite in "${suites[@]}"; do
    mapfile -t parts < <(parts_of "$suite")
    rest=()
    for part in "${!parts[@]}"; do
        read -ra words <<< "${parts[part]}"
        begin_when_there_is_room "$suite-$((part + 1))" --test "$suite" -- "${words[@]}"
        for word in "${words[@]}"; do rest+=(--skip "$word"); done
    done
    begin_when_there_is_room "$suite" --test "$suite" -- "${rest[@]}"
done
[ $# -gt 0 ] || begin_when_there_is_room examples-in-comments --doc
while [ ${#names[@]} -gt 0 ]; do reap; done
exit $failed
