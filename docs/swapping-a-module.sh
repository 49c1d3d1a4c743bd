#!/usr/bin/env bash
# Plays docs/swapping-a-module.txt: an edit of a guest, its plan, its rollout, one that fails and goes back by itself, and
# a rollback. Prints each command and what it says.
#
# Needs a cluster (KUBECONFIG) with the CRDs of crds/ and the namespace innkeeper; on it a host without modules in its folder
# (`innkeeper run --modules an-empty-folder`); kubectl and innkeeper on the PATH. Run it from the root of the repository; the
# edits of the guest are undone.
set -uo pipefail
cd "$(dirname "$0")/.."
guest=guests/custom-http/src
wasm=target/guests/custom-http.wasm
git diff --quiet -- "$guest" || { echo "$guest has changes that are not committed" >&2; exit 1; }
trap 'git checkout --quiet -- "$guest"; rm -f custom-http.wasm' EXIT

say() { printf '\n# %s\n' "$*"; }
run() { printf '$ %s\n' "$*"; eval "$*" 2>&1; }
# Quietly, until Loaded of the Reconciler says so.
until_loaded() {
    for _ in $(seq 120); do
        kubectl get reconciler custom-http -o jsonpath='{.status.conditions[?(@.type=="Loaded")].reason}' | grep -qx "$1" && return
        sleep 1
    done
}

kubectl create namespace shop --dry-run=client -o yaml | kubectl apply -f - >/dev/null
say "Four objects of a kind that nobody keeps yet; one of them is for trying things out."
for name in ping pong tick tock; do
    kubectl apply -n shop -f - >/dev/null <<YAML
apiVersion: groupsp.measutosh.dev/v1
kind: KindCustomHttp
metadata: {name: $name, labels: {tier: $([ $name = ping ] && echo canary || echo stable)}}
spec: {replicaCount: 1, port: 80}
YAML
done
run "kubectl get kch -n shop"

say "The first module. No host is restarted for that."
guests/build.sh custom-http >/dev/null 2>&1
run "innkeeper push $wasm"
sleep 8
run "innkeeper get custom-http"

say "An edit of the guest: another image. What would it change?"
run "sed -i s/http-server/http-static/ $guest/types.rs"
guests/build.sh custom-http >/dev/null 2>&1
run "innkeeper plan $wasm"

say "Let it take over in steps: first the object for trying things out, then half of them, then all."
run "kubectl patch reconciler custom-http --type=merge -p '{\"spec\": {\"rollout\": {\"steps\": [\"tier=canary\", \"50%\"], \"pause\": \"10s\"}}}'"
run "innkeeper push $wasm"
sleep 4
run "innkeeper get custom-http"
run "innkeeper rollout status custom-http"
until (innkeeper rollout status custom-http 2>&1 || true) | grep -q "no module takes over"; do sleep 1; done
run "innkeeper rollout status custom-http"
run "innkeeper get"

say "Another edit, with a mistake: a port that no container can have. It goes back by itself."
run "sed -i 's/container_port: 8080/container_port: 80800/' $guest/lib.rs"
guests/build.sh custom-http >/dev/null 2>&1
run "innkeeper push $wasm"
until_loaded RolledBack
run "kubectl get reconciler custom-http -o jsonpath='{.status.conditions[?(@.type==\"Loaded\")].message}{\"\\n\"}'"
sleep 6
run "innkeeper get custom-http"

say "What is no module changes nothing."
run "head -c 100000 $wasm > custom-http.wasm; innkeeper push custom-http.wasm"

say "And back: the Reconciler names what decides again, and then the one before that. Nothing is compiled."
run "innkeeper rollback custom-http"
run "innkeeper rollback custom-http"
sleep 6
run "innkeeper get custom-http"
