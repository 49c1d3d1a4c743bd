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

declare -A names
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

suites=("$@")
if [ ${#suites[@]} -eq 0 ]; then
    for folder in tests/suites/tests/*/; do suites+=("$(basename "$folder")"); done
    others=(--lib --bins)
    for file in {host,guests,tests}/*/tests/*.rs {host,guests,tests}/*/tests/*/main.rs; do
        [ "$(basename "$file")" = main.rs ] && file=$(dirname "$file")
        [[ $file == tests/suites/* ]] || others+=(--test "$(basename "$file" .rs)")
    done
    begin everything-else "${others[@]}"
    begin examples-in-comments --doc
fi
# Tests of a suite wait more than they work.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-6}
for suite in "${suites[@]}"; do
    # The longest are shared out between two control planes, by the names of their tests.
    case $suite in
    kills) half=before_each_write ;;
    promises_wa) half=moments:: ;;
    *) half= ;;
    esac
    if [ -n "$half" ]; then
        begin "$suite-1" --test "$suite" -- "$half"
        begin "$suite-2" --test "$suite" -- --skip "$half"
    else
        begin "$suite" --test "$suite"
    fi
done

failed=0
while [ ${#names[@]} -gt 0 ]; do
    wait -n -p ended "${!names[@]}" || failed=1
    cat "$logs/${names[$ended]}"
    unset "names[$ended]"
done
exit $failed
