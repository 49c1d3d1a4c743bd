#!/usr/bin/env bash
# Breaks each promise on purpose, in a copy of the tree, and expects its test to turn red.
#
#   prove.sh [PROMISE…]      all patches of this folder, or those of the promises named (w01 a05 …)
#   SCOPE=file prove.sh …    runs only the tests of the file that the named test is in, not the whole suite
#   SCOPE=test prove.sh …    runs only the named tests: quick, and says nothing of the others
#
# Patches of the guests of different systems know nothing of each other: those whose tests can be told apart are tried
# together, one of each system.
#
# A patch's header (its lines before the first `diff`) says:
#   Breaks: what the patch does to the promise
#   Test: package target test_name        what must fail, by its own assertion
#   And: test_name …                      other tests of that target that must fail too (optional)
#   Also: test_name …                     those that may fail with it (optional)
#   Scope: file                           only the named test's file is run, for a break of what most tests need
#   Scope: word …                         only tests are run whose names hold one of these words
# The patched copy must build, and every other test of the target must stay green.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
built=${CARGO_TARGET_DIR:-$root/target}
copy=$built/prove/tree
export CARGO_TARGET_DIR=$built/prove/target
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-6}
# What is broken is waited for in vain.
export INNKEEPER_PATIENCE=${INNKEEPER_PATIENCE:-90}
mkdir -p "$copy"

only=("$@")
wanted() {
    [ ${#only[@]} -eq 0 ] && return 0
    local one
    for one in "${only[@]}"; do [[ $(basename "$1") == "${one,,}"* ]] && return 0; done
    return 1
}

# The libraries that others wrote are the same in the copy: they are linked to, not built again. Nothing of this
# workspace, and no program, for cargo writes those in place.
seed() {
    [ ! -d "$CARGO_TARGET_DIR/debug" ] && [ -d "$built/debug/deps" ] || return 0
    mkdir -p "$CARGO_TARGET_DIR/debug"
    cp -al "$built"/debug/{deps,build,.fingerprint} "$CARGO_TARGET_DIR/debug/"
    local folder=$CARGO_TARGET_DIR/debug member
    find "$folder/deps" -type f -executable ! -name '*.so' -delete
    while read -r member; do
        rm -rf "$folder/.fingerprint/$member"-* "$folder/build/$member"-* "$folder/deps/lib${member//-/_}"-* "$folder/deps/${member//-/_}"-*
    done < <(git -C "$root" ls-files '*Cargo.toml' | xargs sed -n 's/^name = "\(.*\)"$/\1/p' | sort -u)
    [ ! -d "$built/wasm" ] || cp -a "$built/wasm" "$CARGO_TARGET_DIR/"
}

# The guests of the tree, but those that a patch touches are built from the copy: one, or all of them where it
# touches what they share.
lay_guests() { # PATCH…
    local folder file
    for folder in guests test-guests; do
        rm -rf "${CARGO_TARGET_DIR:?}/$folder"
        # Links will do: a guest that is built anew is another file.
        cp -al "$built/$folder" "$CARGO_TARGET_DIR/$folder"
    done
    sed -nE 's#^\+\+\+ b/((tests/)?guests/.*)#\1#p' "$@" | while read -r file; do
        folder=$(dirname "$file")
        until [ -f "$copy/$folder/Cargo.toml" ]; do folder=$(dirname "$folder"); done
        if grep -q cdylib "$copy/$folder/Cargo.toml"; then
            sed -n 's/^name = "\(.*\)"$/\1/p' "$copy/$folder/Cargo.toml" | head -n 1
        else
            (cd "$copy" && guests/build.sh --list && guests/build.sh --test-guests --list)
        fi
    done | sort -u | (cd "$copy" && xargs -r guests/build.sh)
}

# What git knows of and what it would, as it stands. Times are kept, so that cargo builds little. What was broken is as
# old as its mending: whatever was built of it before is built again, and nothing else.
mended=$built/prove/mended
fresh_copy() {
    local file
    rm -rf "$copy"
    mkdir -p "$copy"
    git -C "$root" ls-files -z --cached --others --exclude-standard \
        | tar -C "$root" --null --files-from=- --ignore-failed-read -cf - 2>/dev/null | tar -C "$copy" -xf -
    if [ ! -d "$mended" ]; then
        mkdir -p "$mended"
        # Nobody knows what was broken so far.
        broken_by "$root"/tests/breaks/*.patch > "$mended/.broken"
    fi
    (cd "$mended" && while read -r file; do mkdir -p "$(dirname "$file")" && touch "$file"; done < .broken && : > .broken)
    (cd "$mended" && find . -type f ! -name .broken) | while read -r file; do
        [ ! "$mended/$file" -nt "$copy/$file" ] || touch -c -r "$mended/$file" "$copy/$file"
    done
}
broken_by() { sed -n 's#^+++ b/##p' "$@" | sort -u; } # PATCH…

# What a patch's header says of one word.
said() { sed -n "s/^$2: //p" "$1"; } # PATCH WORD
target_of() { local target; read -r _ target _ < <(said "$1" Test); echo "$target"; }

# The system that a patch is about, where it touches nothing but that one's guests and CRDs, and where what is run can
# be told from other systems' tests: named tests, or those of its own file. None: it goes alone.
system_of() { # PATCH
    local touched system test
    touched=$(sed -nE 's#^\+\+\+ b/##p' "$1")
    ! grep -qvE '^(crds/|guests/[^/]+/)' <<< "$touched" || return 0
    read -r _ _ test < <(said "$1" Test)
    system=$(sed -nE 's#^guests/([^/]+)/.*#\1#p' <<< "$touched" | sort -u)
    system=${system:-${test%%::*}}
    [[ -d $root/guests/$system && $system != sdk && $system != story ]] || return 0
    [[ ${SCOPE:-} == test || $(said "$1" Scope) == file && $test == "$system::"* ]] || return 0
    echo "$system"
}

# Which tests are run for a patch.
filter_of() { # PATCH
    local test scope
    read -r _ _ test < <(said "$1" Test)
    scope=$(said "$1" Scope)
    case ${SCOPE:-}/$scope in
        test/*) echo "$test $(said "$1" And)" ;;
        */file | file/) [[ $test != *::* ]] || echo "${test%%::*}::" ;;
        *) echo "$scope" ;;
    esac
}

# Rounds of patches that are tried together, a line each.
rounds() {
    local patch system line placed lines=() has=()
    for patch in "$root"/tests/breaks/*.patch; do
        wanted "$patch" || continue
        system=$(system_of "$patch") placed=
        if [ -n "$system" ]; then
            for line in "${!lines[@]}"; do
                [[ -n ${has[line]} && ${has[line]} != *" $system "* ]] || continue
                lines[line]+=" $patch" has[line]+="$system " placed=1
                break
            done
        fi
        # One that goes alone has nothing that another could be placed beside.
        [ -n "$placed" ] || lines+=("$patch") has+=("${system:+ $system }")
    done
    [ ${#lines[@]} -eq 0 ] || printf '%s\n' "${lines[@]}"
}

# Breaks the copy with these patches, and says of each what came of it.
try() { # PATCH…
    local patch name names log kind target more filter=() test red green stray
    names=$(for patch in "$@"; do basename "$patch" .patch; done | paste -sd' ' -)
    log=$built/prove/${names// /+}.log
    echo "breaking: $names" >&2
    fresh_copy
    : > "$log"
    broken_by "$@" >> "$mended/.broken"
    for patch in "$@"; do
        if ! (cd "$copy" && patch -p1 --quiet --forward < "$patch") >> "$log" 2>&1; then
            echo "$names: $(basename "$patch") does not apply (see $log)"; failed=1; return
        fi
        read -ra more < <(filter_of "$patch") || true
        filter+=("${more[@]}")
    done
    kind=()
    while read -r target; do
        case $target in lib) kind+=(--lib) ;; *) kind+=(--test "$target") ;; esac
    done < <(for patch in "$@"; do target_of "$patch"; done | sort -u)
    # The whole workspace, as always, since features depend on it; what the suites start is built from the patched copy.
    if ! { (cd "$copy" && cargo build --workspace --bins "${kind[@]}" --quiet) && lay_guests "$@"; } >> "$log" 2>&1; then
        echo "$names: the patched copy does not build (see $log)"; failed=1; return
    fi
    [ "${SCOPE:-}" != test ] || filter+=(--exact)
    (cd "$copy" && cargo test --quiet --no-fail-fast --workspace "${kind[@]}" -- "${filter[@]}") >> "$log" 2>&1 || true
    if ! grep -q '^test result' "$log"; then
        echo "$names: no test did run (see $log)"; failed=1; return
    fi
    # libtest lists the names of failed tests, indented, at the end of each target. What a test said may be megabytes.
    red=$(awk '/^failures:$/ {list = ""} /^test result/ {printf "%s", list; list = ""}
        /^    [a-z0-9_]+(::[a-z0-9_]+)*$/ {list = list $1 "\n"}' "$log" | sort -u)
    for patch in "$@"; do
        name=$(basename "$patch" .patch)
        read -r _ _ test < <(said "$patch" Test)
        green=$(comm -13 <(echo "$red") <(xargs -n1 <<< "$test $(said "$patch" And)" | sort -u))
        if [ -n "$green" ]; then
            echo "$name: NOT red: $(paste -sd' ' - <<< "$green") (see $log)"; failed=1
        else
            echo "$name: red: $test $(said "$patch" And)"
        fi
    done
    stray=$(comm -23 <(echo "$red") \
        <(for patch in "$@"; do said "$patch" Test | cut -d' ' -f3; said "$patch" And; said "$patch" Also; done | xargs -n1 | sort -u))
    if [ -n "$stray" ]; then
        echo "$names: red are others too: $(paste -sd' ' - <<< "$stray") (see $log)"; failed=1
    fi
}

failed=0
seed
while read -r -a round <&3; do try "${round[@]}"; done 3< <(rounds)
exit "$failed"
