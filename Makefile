# What can be done here. `make help` tells it in short.

GO          ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
IMAGE       ?= wireroom
BUILDER     ?= docker
FUZZTIME    ?= 10m
SEED        ?= 1

.DEFAULT_GOAL := help

.PHONY: help
help: ## Tell the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build ./wireroom, a static binary
	CGO_ENABLED=0 $(GO) build -trimpath -o wireroom ./cmd/wireroom

.PHONY: check
check: fmt vet staticcheck layout bits test ## Everything that a change must pass

.PHONY: fmt
fmt: ## Fail if a file is not formatted
	@unformatted=$$(gofmt -l .) && if [ -n "$$unformatted" ]; then echo "not formatted (gofmt -w):"; echo "$$unformatted"; exit 1; fi

.PHONY: vet
vet: ## Let go vet look for mistakes
	$(GO) vet ./...

.PHONY: staticcheck
staticcheck: ## Let staticcheck look for more
	$(GO) run $(STATICCHECK) ./...

.PHONY: layout
layout: ## Check who imports what, and the rules of the house
	$(GO) test -run 'TestLayout|TestHouse' ./aggregator

# That what a machine of 64 bits stores is read on one of 32, and the other way round,
# is a test of cmd/wireroom.
.PHONY: bits
bits: ## Test on 32 bits what counts, packs and dates, where the machine runs such programs
	[ "$$($(GO) env GOHOSTOS)/$$($(GO) env GOHOSTARCH)" != linux/amd64 ] || GOARCH=386 CGO_ENABLED=0 $(GO) test -vet=off -timeout 30m \
		./aggregator/news ./aggregator/normalize ./aggregator/parse ./aggregator/story ./aggregator/topic ./cmd/wireroom/newsroom

# What measures on Linux alone is left out.
.PHONY: systems
systems: ## Let go vet look for mistakes on every system of a release
	for system in $$(sed -n 's/^platforms=.*:-\(.*\)}$$/\1/p' .ci/release); do \
		echo "$$system" && GOOS=$${system%/*} GOARCH=$${system#*/} CGO_ENABLED=0 $(GO) vet $$($(GO) list ./... | grep -vE '/(bench|scale)$$') || exit 1; \
	done

.PHONY: test
test: ## Run all tests, within a process with the race detector
	$(GO) test -race -vet=off -timeout 30m $(unwatched) ./...
	$(GO) test -vet=off -timeout 30m ./cmd/wireroom/... ./bench

# The race detector watches neither SQLite, which is C in the form of Go and ten
# times slower under it, nor the protocol of a browser, which takes long to
# compile. Nor does it see into the program that the tests start: they run
# without it, after those that it watches. A package has longer than go test gives
# it by itself, which a busy machine takes.
unwatched = -gcflags='modernc.org/...=-race=false' -gcflags='github.com/chromedp/cdproto/...=-race=false'

.PHONY: conformance
conformance: ## Run the suites of other readers, and write docs/conformance.md
	$(GO) test ./aggregator/parse -run TestConformance -v -args -write

W3C ?= /usr/bin/python3 feedvalidator/fv.py
PUBLISHED ?= $(CURDIR)/published
UNJUDGED := SelfDoesntMatchLocation,DuplicateUpdated,DuplicateEnclosure,MissingItunesElement,MissingItunesEmail,UnsupportedItunesFormat

.PHONY: w3c
w3c: ## Let the W3C's feed validator judge what is published of all the corpora (W3C is its command)
	mkdir -p "$(PUBLISHED)"
	$(GO) test ./output -run '^TestRoundTrip$$' -count=1 -timeout 60m -v -args -published "$(PUBLISHED)"
	for form in rss atom; do find "$(PUBLISHED)" -name "*.$$form" | xargs -n 400 $(W3C) --ignore $(UNJUDGED) \
		--base http://feeds.example.org/x --ct "application/$$form+xml; charset=utf-8" >"$(PUBLISHED)/$$form.jsonl" || exit 1; done
	wc -l "$(PUBLISHED)"/*.jsonl

.PHONY: simulation
simulation: ## Simulate schedules against those of others, and draw docs/scheduling.svg
	$(GO) test ./aggregator/schedule -run Simulation -v -full -figure "$(CURDIR)/docs/scheduling.svg"

bench = $(GO) test ./bench -run '^TestReach$$' -count=1 -timeout 180m -v -args -polls 500 -units -write "$(CURDIR)/docs"

.PHONY: bench
bench: ## Measure against a bare probe and nginx, and write docs/performance.md
	$(bench) -feeds 1000 -more 3000 -stored 200000 -look 10s -rounds 2

.PHONY: bench-full
bench-full: ## The same with ten thousand feeds and a million items (an hour)
	$(bench) -feeds 1000 -more 10000 -stored 1000000 -look 20s -rounds 3

.PHONY: reloads
reloads: ## Change feeds.yaml under the running program, hundreds of times and in every way
	$(GO) test ./cmd/wireroom -run 'TestReloads|TestReloadU|TestReloadM' -count=1 -v -timeout 60m -args -full-reloads

.PHONY: bench-floor
bench-floor: ## Measure the program with parts of it left out (four minutes)
	$(GO) test ./bench -run '^TestFloor$$' -count=1 -timeout 60m -v -args -feeds 1000 -rounds 2 -write "$(CURDIR)/docs"

.PHONY: bench-load
bench-load: ## Measure 5,000 feeds due at once, and 5,000 readers
	$(GO) test ./bench -run '^TestLoad$$' -count=1 -timeout 60m -v -args -due 5000 -readers 5000 -look 20s -write "$(CURDIR)/docs"

.PHONY: bench-window
bench-window: ## Measure an item with a million in the window of stories, beside ten thousand
	$(GO) test ./bench -run '^TestWindow$$' -count=1 -timeout 60m -v -args -window 1000000

.PHONY: scale
scale: ## Measure replicas on PostgreSQL at full size, and write docs/scale.md (hours)
	$(GO) test ./aggregator/store/scale -run TestScale -v -timeout 12h -args -sources 1000000 -period 1m -window 1000000 -day 20m -write "$(CURDIR)/docs/scale.md"

# What replicas promise. Each part can be run by itself, as replicas-NAME, and
# writes its row of docs/scale.md. Here is how often each does what it does; where
# networks are broken in namespaces it wants root.
replicas_P1          = -tries 200
replicas_P2          = -tries 100
replicas_P3          = -tries 25 -namespaces
replicas_P4          = -tries 20 -locked 30s
replicas_P4-failover = -tries 20
replicas_P5          = -tries 20
replicas_P6          = -tries 20
replicas_P7          = -endurance 24h
replicas_P8          = -tries 20
replicas_P9          = -tries 20
replicas_parts       = $(sort $(patsubst replicas_%,replicas-%,$(filter replicas_P%,$(.VARIABLES))))

.PHONY: replicas
replicas: $(replicas_parts) ## Kill, stop and cut off replicas by the hundred, and write docs/scale.md (a day and hours)

.PHONY: $(replicas_parts)
$(replicas_parts): replicas-%:
	$(GO) test ./cmd/wireroom -count=1 -timeout 30h -v -run '^TestReplicas$$/^$*$$' -args $(replicas_$*) -replica-report "$(CURDIR)/docs/scale.md"

.PHONY: stories
stories: ## Measure sameness beside the rules of others, and write docs/sameness.md
	$(GO) test ./aggregator/story -run TestSameness -timeout 60m -count=1 -v -full -write

.PHONY: fuzz
fuzz: ## Fuzz every target for FUZZTIME (10m)
	@for target in $$(grep -rlE '^func Fuzz' --include='*_test.go' . | xargs grep -oHE '^func Fuzz[A-Za-z0-9]+' | sed 's|/[^/]*_test.go:func |:|'); do \
		echo "$${target%%:*} $${target##*:}"; \
		$(GO) test "$${target%%:*}" -run '^$$' -fuzz "^$${target##*:}$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s || exit 1; \
	done

.PHONY: bugs
bugs: ## Show every bug of docs/bugs.md upon the program as it was before (half an hour)
	.ci/bugs

.PHONY: pictures
pictures: ## Take the pictures of the documents from the demo
	WIREROOM_PICTURES=$(CURDIR)/docs/pictures $(GO) test -count=1 -run '^TestPictures$$' ./cmd/wireroom

.PHONY: image
image: ## Build the container image
	$(BUILDER) build -t $(IMAGE) .

.PHONY: image-check
image-check: ## Build the image with buildah and see that it keeps its promises
	.ci/image

# The programme of tests behind the promises of the README. Each part can be run
# by itself, as trust-NAME, with another SEED, and writes its row of docs/trust.md.
# Here are its tests, and how often each repeats what it does.
trust_upgrade    = TestUpgrade -times 50
trust_kill       = TestKill -times 1000
trust_soak       = TestSoak -times 100000
trust_calls      = TestNthCall -times 5000
trust_suite      = TestSuite -times 1
trust_full       = TestDiskFull -times 100
trust_fuzz       = TestFuzz -times 10
trust_stop       = TestStop -times 200
trust_failpoints = TestFailpoints -times 10
trust_start      = TestStart -times 20
trust_mutants    = TestMutatedFeeds -times 10000
trust_power      = TestPowerLoss -times 200
trust_browser    = TestBrowser -times 1
trust_restarts   = TestRestarts -times 50
trust_damage     = TestDamage -times 50
trust_answers    = TestBadAnswers -times 1
trust_sinks      = TestSinks
trust_slow       = TestSlow -times 20

# The longest first, and three at a time: most parts wait for the program more than
# they work. One that fails keeps none of the others from being run.
trust_parts = $(addprefix trust-,fuzz upgrade kill soak calls suite full stop failpoints start mutants power browser restarts damage answers slow sinks)

.PHONY: trust
trust: ## Run the whole programme of docs/trust.md (under two hours)
	$(MAKE) --no-print-directory --keep-going --jobs=3 --output-sync=target $(trust_parts)

.PHONY: $(trust_parts)
$(trust_parts): trust-%:
	$(GO) test ./cmd/wireroom/trust -count=1 -timeout 3h -parallel 8 -v -run '^$(firstword $(trust_$*))$$' -args -table docs/trust.md -seed $(SEED) $(wordlist 2,9,$(trust_$*))

.PHONY: release
release: ## Build static programs for eight systems, SBOMs and checksums into dist
	.ci/release

.PHONY: release-check
release-check: ## Build the release twice, and see that it is the same to the byte
	.ci/release --check

.PHONY: vuln
vuln: ## Look for known vulnerabilities, where their database can be reached
	@curl -fsS -o /dev/null --max-time 20 https://vuln.go.dev/index/db.json || { echo "the database of vulnerabilities, vuln.go.dev, cannot be reached: nothing was looked for"; exit 1; }
	$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.1.4 ./...
