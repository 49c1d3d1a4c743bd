#!/usr/bin/env bash
# Lists which promise of docs/promises.md has which test and patch. Fails where a kept one lacks either.
set -euo pipefail
cd "$(dirname "$0")/../.."

missing=0
while read -r number state; do
    lower=$(echo "$number" | tr '[:upper:]' '[:lower:]')
    tests=$({ grep -rhoE "fn ${lower}_[a-z0-9_]+" --include='*.rs' host guests tests || true; } | sed 's/^fn //' | sort -u | paste -sd' ' -)
    patch=$({ ls "tests/breaks/$lower"*.patch 2>/dev/null || true; } | xargs -rn1 basename | paste -sd' ' -)
    printf '%-4s %-8s %s\n' "$number" "$state" "${tests:--}  ${patch:+[$patch]}"
    if [ "$state" = kept ] && { [ -z "$tests" ] || [ -z "$patch" ]; }; then
        echo "     a kept promise needs a test named ${lower}_… and tests/breaks/$lower.patch" >&2
        missing=1
    fi
done < <(sed -nE 's/^- ([A-Z][0-9]{2}) \*(kept|not yet)\*.*/\1 \2/p' docs/promises.md | sed 's/not yet/not-yet/')
exit "$missing"
