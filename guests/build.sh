#!/usr/bin/env bash
# Builds guests to WebAssembly: guests/build.sh --help
#
# A guest is a package under guests/ or tests/guests/ that makes a cdylib. Each is built by a cargo call
# of its own, so that its bytes never depend on what else is built, and laid as <package>.wasm, in one
# step and only if it changed, where a host that watches the folder finds it.
#
# Rust's standard library for wasm32-unknown-unknown comes from, in this order:
#   1. the toolchain in use, if it has the target;
#   2. rustup, asked to add it;
#   3. Debian's rustc-web and rust-web-src: another compiler, which builds the standard library from its
#      sources (hence RUSTC_BOOTSTRAP and -Zbuild-std), in a target folder of its own, so that the two
#      compilers do not undo each other's work. Links with rustup's rust-lld, or Debian's wasm-ld.
# INNKEEPER_WASM_TOOLCHAIN=rustup or =debian takes only 1 and 2, or only 3.
#
# The same sources and the same toolchain give the same bytes in any folder: paths of the workspace and
# of cargo's home are replaced in what is built, and no RUSTFLAGS or profile settings leak in.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly TARGET=wasm32-unknown-unknown
readonly ROOT=$PWD

help() {
    cat <<'TEXT'
Builds guests to WebAssembly.

  guests/build.sh                 every guest of guests/, into target/guests/
  guests/build.sh --test-guests   every guest of tests/guests/, into target/test-guests/
  guests/build.sh PACKAGE…        these guests, of either folder
  guests/build.sh --list          the packages of guests/ (with --test-guests: of tests/guests/)

Environment: INNKEEPER_WASM_TOOLCHAIN=rustup|debian   where the wasm32 target comes from (default: try both)
             CARGO_TARGET_DIR                         another target folder than target/
TEXT
}

say() { echo "guests: $*" >&2; }
fail() { say "$@"; exit 1; }

# The packages under a folder that make a cdylib, one a line.
packages() {
    [ -d "$1" ] || return 0
    find "$1" -name Cargo.toml -exec grep -l cdylib {} + | sort | while read -r manifest; do
        sed -n 's/^name = "\(.*\)"$/\1/p' "$manifest" | head -n 1
    done
}

# Which toolchain: sets `toolchain` and, for Debian's, what cargo needs to use it.
choose() {
    local wish=${INNKEEPER_WASM_TOOLCHAIN:-} why
    case $wish in '' | rustup | debian) ;; *) fail "INNKEEPER_WASM_TOOLCHAIN=$wish is neither rustup nor debian" ;; esac
    if [ "$wish" != debian ] && has_target; then toolchain=rustup; return; fi
    if [ "$wish" != debian ] && add_target; then toolchain=rustup; return; fi
    why="the toolchain in use has no $TARGET, and rustup could not add it"
    if [ "$wish" != rustup ] && debian; then toolchain=debian; return; fi
    if [ "$wish" = debian ]; then why="Debian's rustc-web and rust-web-src are not installed"; fi
    fail "$why. Ways out:
  rustup target add $TARGET                                      (needs a network)
  apt-get install rustc-web rust-web-src lld                     (Debian; as root)
  or name a toolchain that has the target: rustup override set …"
}

has_target() { [ -d "$(rustc --print sysroot)/lib/rustlib/$TARGET/lib" ]; }

add_target() {
    command -v rustup >/dev/null || return 1
    say "rustup target add $TARGET"
    timeout 120 rustup target add "$TARGET" >&2 && has_target
}

debian() {
    debian_installed || install_debian || return 1
    local host own_lld
    host=$(rustc -vV | sed -n 's/^host: //p')
    own_lld=$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld
    if [ -x "$own_lld" ]; then
        linker=$own_lld
    else
        linker=$(command -v wasm-ld) || fail "no linker for WebAssembly is installed: apt-get install lld"
    fi
}

debian_installed() {
    [ -x /usr/bin/rustc ] && [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/std" ]
}

install_debian() {
    command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" -ne 0 ]; then
        say "as root: apt-get install rustc-web rust-web-src lld"
        return 1
    fi
    say "apt-get install rustc-web rust-web-src lld"
    DEBIAN_FRONTEND=noninteractive timeout 600 apt-get install -y -q rustc-web rust-web-src lld >&2 && debian_installed
}

# Flags for rustc: the same bytes from any folder. Registries' folders are named after their address.
flags() {
    local cargo_home=${CARGO_HOME:-$HOME/.cargo} registry
    [ -d "$cargo_home/registry/src" ] || cargo fetch --quiet --target "$TARGET"
    set -- "--remap-path-prefix=$cargo_home=/cargo" "--remap-path-prefix=$ROOT=/innkeeper"
    for registry in "$cargo_home"/registry/src/*/; do
        [ -d "$registry" ] && set -- "$@" "--remap-path-prefix=${registry%/}=/cargo/registry"
    done
    local IFS=$'\x1f'
    echo "$*"
}

# Cargo, with nothing of the caller's settings but where things are.
build() (
    for name in $(compgen -e | grep -E '^(RUSTC|RUSTFLAGS|CARGO_(BUILD|PROFILE|TARGET_WASM32|UNSTABLE)_.*|CARGO_INCREMENTAL)$'); do
        unset "$name"
    done
    export CARGO_ENCODED_RUSTFLAGS CARGO_TARGET_DIR=$folder
    CARGO_ENCODED_RUSTFLAGS=$(flags)
    if [ "$toolchain" = debian ]; then
        export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linker
        set -- "$@" -Zbuild-std=std,panic_abort
    fi
    # Only as a cdylib: a crate that is built as an rlib too gets no link-time optimisation.
    cargo rustc --quiet --profile guest --target "$TARGET" --lib --crate-type cdylib "$@"
)

# Lays a file there in one step, if it is another one.
place() {
    if cmp -s "$1" "$2"; then return; fi
    cp "$1" "$(dirname "$2")/.$(basename "$2").$$"
    mv "$(dirname "$2")/.$(basename "$2").$$" "$2"
    say "$(basename "$2" .wasm) $(($(stat -c %s "$2") / 1024)) KiB -> ${2#"$ROOT"/}"
}

mode=guests list=
wanted=()
for argument in "$@"; do
    case $argument in
    -h | --help) help; exit ;;
    --test-guests) mode=tests/guests ;;
    --list) list=1 ;;
    -*) fail "$argument is not known; see guests/build.sh --help" ;;
    *) wanted+=("$argument") ;;
    esac
done
if [ -n "$list" ]; then packages "$mode"; exit; fi

known=$(packages guests)
known_tests=$(packages tests/guests)
if [ ${#wanted[@]} -eq 0 ]; then
    if [ "$mode" = guests ]; then mapfile -t wanted <<<"$known"; else mapfile -t wanted <<<"$known_tests"; fi
fi
target=${CARGO_TARGET_DIR:-$ROOT/target}
choose
if [ "$toolchain" = debian ]; then
    folder=$target/wasm-debian
    say "with Debian's $(/usr/bin/rustc --version), which builds the standard library too"
else
    folder=$target/wasm
    say "with $(rustc --version), which has $TARGET"
fi
mkdir -p "$target/guests" "$target/test-guests"
for package in "${wanted[@]}"; do
    if grep -qx -- "$package" <<<"$known"; then into=$target/guests
    elif grep -qx -- "$package" <<<"$known_tests"; then into=$target/test-guests
    else fail "$package is no guest; there are: $(echo $known $known_tests)"; fi
    build --package "$package" || fail "$package did not build"
    place "$folder/$TARGET/guest/${package//-/_}.wasm" "$into/$package.wasm"
done
