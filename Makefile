# What can be done here. `make help` tells it in short.

GO          ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
IMAGE       ?= wireroom
BUILDER     ?= docker
FUZZTIME    ?= 10m

.DEFAULT_GOAL := help

.PHONY: help
help: ## Tell the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build ./wireroom, a static binary
	CGO_ENABLED=0 $(GO) build -trimpath -o wireroom ./cmd/wireroom

.PHONY: check
check: fmt vet staticcheck layout test ## Everything that a change must pass

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

.PHONY: test
test: ## Run all tests, with the race detector
	$(GO) test -race -timeout 45m ./...

.PHONY: conformance
conformance: ## Run the suites of other readers, and write docs/conformance.md
	$(GO) test ./aggregator/parse -run TestConformance -v -args -write

.PHONY: simulation
simulation: ## Simulate schedules against those of others, and draw docs/scheduling.svg
	$(GO) test ./aggregator/schedule -run Simulation -v -full -figure "$(CURDIR)/docs/scheduling.svg"

.PHONY: fuzz
fuzz: ## Fuzz every target for FUZZTIME (10m)
	@for target in $$(grep -rlE '^func Fuzz' --include='*_test.go' . | xargs grep -oHE '^func Fuzz[A-Za-z0-9]+' | sed 's|/[^/]*_test.go:func |:|'); do \
		echo "$${target%%:*} $${target##*:}"; \
		$(GO) test "$${target%%:*}" -run '^$$' -fuzz "^$${target##*:}$$" -fuzztime $(FUZZTIME) || exit 1; \
	done

.PHONY: pictures
pictures: ## Take the pictures of the documents from the demo
	WIREROOM_PICTURES=$(CURDIR)/docs/pictures $(GO) test -count=1 -run '^TestPictures$$' ./cmd/wireroom

.PHONY: image
image: ## Build the container image
	$(BUILDER) build -t $(IMAGE) .

.PHONY: image-check
image-check: ## Build the image with buildah and see that it keeps its promises
	.ci/image
