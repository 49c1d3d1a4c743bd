# The habits of this project. `make help` lists them.

CARGO      ?= cargo
# The host as `make run` and the suites use it.
HOST       := target/debug/innkeeper
CONTROL    := target/debug/innkeeper-controlplane
NODES      ?= 1

.DEFAULT_GOAL := help
.PHONY: help run test bench soak prove promises lint manifests guests test-guests build controlplane clean

help: ## List what make can do
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build guests ## Start a control plane, the examples and the host; Ctrl-C ends all. KUBECONFIG=FILE uses that cluster
	@examples/run.sh $(if $(filter command line environment override,$(origin KUBECONFIG)),"$(KUBECONFIG)",)

test: build guests test-guests controlplane ## Run every test, on a real control plane. SUITES="kills …" runs only these
	@tests/run.sh $(SUITES)

bench: test-guests ## Measure the host beside a raw writer and a kube-rs controller. ARGS="--help" lists what it can be told
	$(CARGO) build --release --package innkeeper --package innkeeper-bench
	target/release/innkeeper-bench $(ARGS)

soak: build guests test-guests controlplane ## Live through people's doings and faults at random, for long, and through a kill at every write. MINUTES=10 ROUNDS=200 SEED=…
	@INNKEEPER_SOAK_MINUTES=$(or $(MINUTES),10) $(if $(SEED),INNKEEPER_SOAK_SEED=$(SEED)) $(CARGO) test --workspace --quiet --test soak -- --nocapture
	@INNKEEPER_SOAK_ROUNDS=$(or $(ROUNDS),200) $(if $(SEED),INNKEEPER_SOAK_SEED=$(SEED)) $(CARGO) test --workspace --quiet --test faults -- --nocapture storm::
	@INNKEEPER_KILL_AT_EVERY_WRITE=1 RUST_TEST_THREADS=6 $(CARGO) test --workspace --quiet --test kills

prove: build guests test-guests controlplane ## Break each promise on purpose and see its test turn red
	@tests/breaks/prove.sh $(ONLY)

promises: ## List which promise has which test
	@tests/breaks/promises.sh

lint: ## Format, clippy and documentation, warnings as errors
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --quiet -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --quiet
	@if command -v cargo-deny >/dev/null; then cargo deny check licenses bans sources; \
	else echo "cargo-deny is not installed: deny.toml was not checked (cargo install cargo-deny)"; fi

manifests: build ## Generate the CRDs under crds/ from the Rust types
	$(HOST) manifests > crds/reconcilers.innkeeper.dev.yaml
	INNKEEPER_CRDS=write $(CARGO) test --workspace --quiet the_crd_file_says_what_the_type_says >/dev/null

guests: ## Build every guest to wasm, into target/guests/
	@guests/build.sh

test-guests: ## Build the guests that tests use, into target/test-guests/
	@guests/build.sh --test-guests

# Always the whole workspace with its tests: cargo picks the features of dependencies by what is selected,
# and would build wasmtime once for each selection.
build: ## Build everything, tests included
	$(CARGO) build --workspace --all-targets

controlplane: build ## Make sure that the control plane's programs are there (about five minutes, once per user)
	@$(CONTROL) binaries >/dev/null

clean: ## Remove what was built here (the control plane's programs stay in the user's cache folder)
	$(CARGO) clean
	rm -rf .innkeeper
