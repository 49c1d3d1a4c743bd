#!/usr/bin/env bash
# What `make run` does: a control plane (or the cluster of the kubeconfig given), the CRDs, the examples,
# and the host in the foreground. Ctrl-C ends everything that was started here.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=.innkeeper
mkdir -p "$folder"
control=
host=

finish() {
    trap - EXIT INT TERM
    if [ -n "$host" ] && kill -0 "$host" 2>/dev/null; then
        kill -TERM "$host" 2>/dev/null || true
        wait "$host" 2>/dev/null || true
    fi
    if [ -n "$control" ] && kill -0 "$control" 2>/dev/null; then
        echo "stopping the control plane"
        kill -TERM "$control" 2>/dev/null || true
        wait "$control" 2>/dev/null || true
        rm -f "$folder/kubeconfig"
    fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -n "${1:-}" ]; then
    kubeconfig=$1
    [ -r "$kubeconfig" ] || { echo "make run: the kubeconfig $kubeconfig cannot be read" >&2; exit 1; }
    kubectl=$(command -v kubectl) || { echo "make run: kubectl is not installed" >&2; exit 1; }
else

    programs=$(target/debug/innkeeper-controlplane binaries)
    kubectl=$programs/kubectl
    kubeconfig=$PWD/$folder/kubeconfig
    rm -f "$kubeconfig"
    # In a session of its own: Ctrl-C must reach the host first, while the API server still answers.
    setsid target/debug/innkeeper-controlplane run --nodes "${NODES:-1}" --kubeconfig-out "$kubeconfig" &
    control=$!
    until [ -s "$kubeconfig" ]; do
        kill -0 "$control" 2>/dev/null || { echo "make run: the control plane did not start" >&2; exit 1; }
        sleep 0.2
    done
fi

k() { "$kubectl" --kubeconfig "$kubeconfig" "$@"; }

echo "applying CRDs and examples"
k apply --server-side --field-manager=make-run -f crds/ >/dev/null
k wait --for=condition=Established --timeout=60s crd --all >/dev/null
k get namespace innkeeper >/dev/null 2>&1 || k create namespace innkeeper >/dev/null
for system in examples/*/; do
    k apply --server-side --field-manager=make-run -f "$system" >/dev/null
done

cat <<TEXT

In another terminal:

    export KUBECONFIG=$kubeconfig
    export PATH=$(dirname "$kubectl"):\$PATH
    kubectl get innkeeper -A
    target/debug/innkeeper get

Edit a guest under guests/ and run \`make guests\`: the host swaps it. Ctrl-C here ends everything.

TEXT

setsid target/debug/innkeeper run --modules target/guests --kubeconfig "$kubeconfig" &
host=$!
wait "$host"
