include .ci/versions

PULLPOLICY_TOOLS ?= $(HOME)/.cache/pullpolicy/tools

# How many objects make conformance compares references with: make conformance OBJECTS=1000000
OBJECTS ?= 30000

command := bin/pullpolicy
dist := bundle/dist
bundle := $(dist)/pullpolicy.tar.gz

# The policies, and what a server in a fleet has beside them.
rego := policies bundle/opa/system

# Most tests compile policies in a process of their own, with a heap that grows from nothing: a third of their time is the
# garbage collector's, where it is not told to wait.
lazily := GOGC=400

# How long make fuzz runs each fuzzer.
FUZZTIME ?= 30s

# What is released of bundle/ beside the bundles.
shipped := gatekeeper constraints mutation webhook artifacthub vap opa schemas

# Bundles are signed with a key of the day, for development; releases want SIGNING_KEY=FILE.
day := .keys/$(shell date -u +%F)
SIGNING_KEY ?= $(day).key
verification_key := $(dist)/pullpolicy.pub

tools := $(abspath $(PULLPOLICY_TOOLS))
opa := $(tools)/opa@$(OPA)/opa
conftest := $(tools)/conftest@$(CONFTEST)/conftest
regal := $(tools)/regal@$(REGAL)/regal
staticcheck := $(tools)/staticcheck@$(STATICCHECK)/staticcheck
cyclonedx := $(tools)/cyclonedx-gomod@$(CYCLONEDX_GOMOD)/cyclonedx-gomod
gator := $(tools)/gator@$(GATEKEEPER)/gator
gator_floor := $(tools)/gator@$(GATEKEEPER)-opa@$(OPA_FLOOR)/gator
gatekeeper := $(tools)/gatekeeper@$(GATEKEEPER)/gatekeeper
apiserver := $(tools)/kube-apiserver@$(KUBERNETES)/kube-apiserver
kubectl := $(tools)/kubectl@$(KUBERNETES)/kubectl
kubelet := $(tools)/kubelet@$(KUBERNETES)/kubelet

.DELETE_ON_ERROR:
.PHONY: all release reproducible test race exhaustive fuzz lint hosts conformance cluster kubelet bench generate fmt tools clean help regal-pin gatekeeper-pin kubernetes-pin $(command) $(bundle)

all: $(bundle) ## build the command and the signed bundle, check the example manifests with it
	@$(command) check --policies $(bundle) --verification-key $(verification_key) fixtures/examples; code=$$?; \
	[ $$code -eq 1 ] || { echo "fixtures/examples: exit code $$code, want 1 for the mistakes made there on purpose" >&2; exit 1; }
	@echo 'The mistakes in fixtures/examples are there on purpose.'

# The same for the same sources, version and key. cyclonedx-gomod reads the version off git, like go build.
release: $(command) $(cyclonedx) $(SIGNING_KEY) ## write what is released into bundle/dist: make release VERSION=v1.2.3
	@case '$(VERSION)' in [v0-9]*.*.*) ;; *) echo 'make release VERSION=v1.2.3' >&2; exit 2 ;; esac
	@rm -rf $(dist) && mkdir -p $(dist)
	@for target in rego wasm; do \
		$(command) bundle build --target $$target --version $(VERSION:v%=%) --signing-key $(SIGNING_KEY) \
			--public-key $(verification_key) -o $(dist)/pullpolicy-$(VERSION)-$$target.tar.gz || exit; \
	done
	@$(cyclonedx) app -json -noserial -notimestamp -main harness/cmd/pullpolicy -output $(dist)/pullpolicy-$(VERSION).cdx.json . 2>$(dist)/log || { cat $(dist)/log >&2; exit 1; }
	@rm $(dist)/log
	@cp -RL bundle/RULES.md $(addprefix bundle/,$(shipped)) $(dist)/
	@cd $(dist) && find * -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum >SHA256SUMS
	@cat $(dist)/SHA256SUMS

# Each in a clone of its own, whose folder has another name.
reproducible: $(cyclonedx) ## release twice, from two folders, and compare the bytes
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	go run ./harness/cmd/pullpolicy bundle keygen -o "$$dir/day" >/dev/null && \
	for clone in "$$dir/one" "$$dir/another one"; do \
		git clone -q . "$$clone" && \
		$(MAKE) -C "$$clone" --no-print-directory release VERSION=v0.0.0 SIGNING_KEY="$$dir/day.key" >"$$dir/sums" || exit; \
	done && \
	diff -r "$$dir/one/bundle/dist" "$$dir/another one/bundle/dist" && \
	echo "$$(wc -l <"$$dir/sums") files, each with the same bytes in both releases"

test: ## everything that needs no other program: Rego, Go, fixtures, generated files in step
	@$(lazily) go test -vet=all -timeout 30m ./...

# What runs on one thread shows the race detector nothing, and takes ten times as long under it.
alone := ^(TestGeneratedFilesAreInStep|TestOneAnswer|TestEveryUseHasACleanPolicy|TestMessagesAreShort|TestTypes.*|TestNoRule.*|TestTargetsAnswerAlike|TestAlgorithms)$$|^TestScripts$$/^(bundle_(build|registry|sign)|completion|generate|root.*|rules.*|version)$$

race: ## what runs on many threads, under the race detector
	@$(lazily) go test -race -timeout 60m -skip '$(alone)' ./...

# Which laws make exhaustive holds: make exhaustive LAWS=TestOneAnswer
LAWS ?= TestEveryByteOfTheBundleCounts|TestCostGrowsInStep|TestMessagesShowTextsEscaped|TestTargetsAnswerAlike|TestAlgorithms|TestOneAnswer|TestMessagesAreShort

exhaustive: ## flip a bit in every byte of the whole signed bundle; double all that a tenant writes, for every host; every fixture in WebAssembly; the laws of advice
	@go test -tags exhaustive -timeout 60m -run '^($(LAWS))$$' -v ./harness ./harness/pack

# go test runs one fuzzer of one package at a time. Making what it found smaller would take up most of the time.
fuzz: ## feed arbitrary bytes to what reads bundles and manifests: make fuzz FUZZTIME=10m
	@for file in $$(grep -rlE --include='*_test.go' --exclude-dir=conformance '^func Fuzz' harness); do \
		for fuzzer in $$(grep -hoE '^func Fuzz\w+' $$file | cut -d' ' -f2); do \
			go -C $$(dirname $$file) test -run '^$$' -fuzz "^$$fuzzer$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x . || exit; \
		done; \
	done

# A coverage that is reached is a long page of JSON, worth no reading.
lint: $(opa) $(regal) $(staticcheck) ## what gofmt, staticcheck, opa and regal say of the sources
	@gofmt -d .
	@$(staticcheck) -tags hosts,cluster,kubelet,exhaustive ./...
	@$(opa) fmt --list --fail $(rego)
	@$(opa) check --strict --capabilities $(OPA_FLOOR) --schema bundle/schemas $(rego)
	@out=$$($(opa) test --coverage --threshold 100 --timeout 5m --verbose $(rego)) || { echo "$$out"; exit 1; }
	@$(regal) lint $(rego)

hosts: $(command) $(opa) $(conftest) $(gator) $(gator_floor) $(kubectl) ## the same fixtures through the real opa, conftest, gator and node; a fleet of OPA servers
	@PULLPOLICY_OPA=$(opa) PULLPOLICY_CONFTEST=$(conftest) PULLPOLICY_GATOR=$(gator) \
		PULLPOLICY_GATOR_FLOOR=$(gator_floor) PULLPOLICY_KUBECTL=$(kubectl) \
		PULLPOLICY_REGISTRY=docker-registry PULLPOLICY_COMMAND=$(abspath $(command)) \
		PULLPOLICY_NODE=node PULLPOLICY_NPM=npm \
		go test -tags hosts -vet=all -count=1 -timeout 30m -parallel 8 -v ./harness/hosts/...

conformance: ## the Rego beside Kubernetes' own code
	@$(kubernetes_go) test -vet=all -count=1 -timeout 60m -args -objects $(OBJECTS)

cluster: $(apiserver) $(kubectl) $(gatekeeper) ## the policies against a real etcd, kube-apiserver and Gatekeeper on loopback
	@PULLPOLICY_ETCD=etcd PULLPOLICY_KUBE_APISERVER=$(apiserver) PULLPOLICY_KUBECTL=$(kubectl) \
		PULLPOLICY_GATEKEEPER=$(gatekeeper) \
		PULLPOLICY_GATEKEEPER_SOURCE="$$(go mod download -json $(gatekeeper_module)@$(GATEKEEPER) | sed -n 's/.*"Dir": "\(.*\)",/\1/p')" \
		go test -tags cluster -vet=all -count=1 -timeout 30m -v ./harness/cluster/...

kubelet: $(kubelet) ## the outcomes of a start on a real kubelet, containerd and registry: root on Linux
	@PULLPOLICY_KUBELET=$(kubelet) PULLPOLICY_CONTAINERD=containerd PULLPOLICY_RUNC=runc PULLPOLICY_REGISTRY=docker-registry \
		go test -tags kubelet -vet=all -count=1 -timeout 30m -v ./harness/kubelet/...

bench: ## run the benchmarks
	@go test -run '^$$' -bench . -benchmem ./harness/...

generate: $(command) ## write bundle/
	@$(command) generate

fmt: $(opa) ## write formatting
	@gofmt -w .
	@$(opa) fmt --write $(rego)

tools: $(opa) $(conftest) $(regal) $(staticcheck) $(cyclonedx) $(gator) $(gator_floor) $(gatekeeper) $(apiserver) $(kubectl) $(kubelet) ## install the pinned tools, each version once
	@:

clean: ## remove what was built here
	@rm -rf bin $(dist) .keys cover*.out *.prof *.test

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

# Phony, for only go knows whether the command is up to date.
$(command):
	@go build -o $@ ./harness/cmd/pullpolicy

$(bundle): $(command) $(SIGNING_KEY)
	@mkdir -p $(@D)
	@$(command) bundle build --signing-key $(SIGNING_KEY) --public-key $(verification_key) -o $@

$(day).key: | $(command)
	@rm -rf $(@D) && mkdir -m 700 $(@D)
	@$(command) bundle keygen -o $(basename $@) >/dev/null

gatekeeper_module := github.com/open-policy-agent/gatekeeper/v3

$(opa): package = github.com/open-policy-agent/opa@$(OPA)
$(conftest): package = github.com/open-policy-agent/conftest@$(CONFTEST)
$(regal): package = github.com/open-policy-agent/regal
$(staticcheck): package = honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK)
$(gatekeeper): package = $(gatekeeper_module)@$(GATEKEEPER)
$(gator): package = $(gatekeeper_module)/cmd/gator@$(GATEKEEPER)
$(cyclonedx): package = github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@$(CYCLONEDX_GOMOD)

# A module proxy need not list versions, and regal@version asks for the list: its version is that of a module here.
$(regal): module = -C harness/tools/regal

$(opa) $(conftest) $(regal) $(staticcheck) $(cyclonedx) $(gator) $(gatekeeper):
	@echo "install $(notdir $(@D))"
	@out=$$(GOBIN=$(@D) go $(module) install $(package) 2>&1) || { echo "$$out" >&2; exit 1; }

# The newest gator on the OPA of the oldest Gatekeeper that is supported.
$(gator_floor):
	@echo "build $(notdir $(@D))"
	@out=$$(go -C harness/tools/gatekeeper build -o $@ $(gatekeeper_module)/cmd/gator 2>&1) || { echo "$$out" >&2; exit 1; }

# One module and one set of flags for the programs and for the tests beside their code, so that Go compiles it once.
kubernetes_go := CGO_ENABLED=0 go -C harness/conformance

# Kubernetes' programs learn their version from the linker; without, they say v0.0.0.
version := k8s.io/component-base/version
minor = $(word 2,$(subst ., ,$(KUBERNETES)))
ldflags = -s -w -X $(version).gitVersion=$(KUBERNETES) -X $(version).gitMajor=1 -X $(version).gitMinor=$(minor)

$(apiserver) $(kubectl) $(kubelet):
	@echo "build $(notdir $(@D))"
	@out=$$($(kubernetes_go) build -ldflags '$(ldflags)' -o $@ \
		k8s.io/kubernetes/cmd/$(@F) 2>&1) || { echo "$$out" >&2; exit 1; }

$(regal): | regal-pin
regal-pin:
	@grep -Eq '/regal $(REGAL)( |$$)' harness/tools/regal/go.mod || { echo 'harness/tools/regal/go.mod: want regal $(REGAL), as .ci/versions pins it' >&2; exit 1; }

$(gator_floor): | gatekeeper-pin
gatekeeper-pin:
	@grep -Eq '/gatekeeper/v3 $(GATEKEEPER)( |$$)' harness/tools/gatekeeper/go.mod && grep -Eq '=> .*/opa $(OPA_FLOOR)$$' harness/tools/gatekeeper/go.mod || \
		{ echo 'harness/tools/gatekeeper/go.mod: want gatekeeper $(GATEKEEPER) on opa $(OPA_FLOOR), as .ci/versions pins them' >&2; exit 1; }

$(apiserver) $(kubectl) $(kubelet): | kubernetes-pin
kubernetes-pin:
	@grep -Eq '/kubernetes $(KUBERNETES)( |$$)' harness/conformance/go.mod || { echo 'harness/conformance/go.mod: want kubernetes $(KUBERNETES), as .ci/versions pins it' >&2; exit 1; }
