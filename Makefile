# Every task of the project. `make help` lists them.

SHELL := /bin/sh
SWIFT := swift
BINARY := $(CURDIR)/.build/release/sluice
SOURCES := Package.swift Sources Tests Benchmarks/Micro $(wildcard Fuzz)

# A crash ends at once, also in the programs that tests start.
export SWIFT_BACKTRACE := enable=no

DEMO_ARGUMENTS ?=
BENCH_ARGUMENTS ?=
PROOF_ARGUMENTS ?=
SIEGE_ARGUMENTS ?=
FUZZ_SECONDS ?= 60
DEB_FOLDER ?= $(CURDIR)/.build
IMAGE ?= sluice
STAGE ?= $(CURDIR)/.build/stage

.PHONY: help demo build release deb test tidy lint format check bench siege micro proof fuzz clean \
	packages packages-deb packages-test packages-bench packages-proof \
	docker-image docker-build-binary docker-stage docker-up docker-down

help: ## Lists the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

demo: release ## Two built-in upstreams, the proxy and a gentle load, to try everything on
	$(BINARY) demo $(DEMO_ARGUMENTS)

build: packages ## Builds everything for debugging
	$(SWIFT) build

release: packages ## Builds .build/release/sluice, with Swift's libraries inside
	$(SWIFT) build -c release --static-swift-stdlib --product sluice

deb: release packages-deb ## Makes the package for Debian, in DEB_FOLDER (.build)
	scripts/build-deb $(BINARY) $(DEB_FOLDER)

test: release packages-test ## Runs all tests against the release binary
	SLUICE_BINARY=$(BINARY) scripts/test $(SWIFT) test --disable-xctest

tidy: packages ## Runs only the tests that read the sources
	$(SWIFT) test --disable-xctest --filter TidyTests

lint: ## Checks the format of every Swift file
	$(SWIFT) format lint --strict --parallel --recursive $(SOURCES)

format: ## Formats every Swift file in place
	$(SWIFT) format --in-place --parallel --recursive $(SOURCES)

check: lint build test ## What must pass before a change: format, warnings, tests, tidiness

bench: release packages-bench ## CPU time per request beside the peers (BENCH_ARGUMENTS=--quick)
	python3 Benchmarks/bench.py $(BENCH_ARGUMENTS)
	$(MAKE) --no-print-directory micro

siege: release packages-bench ## Latency of others while thousands of connections attack
	python3 Benchmarks/siege.py $(SIEGE_ARGUMENTS)

micro: packages ## Nanoseconds per call of the head parser and of the split
	$(SWIFT) run -c release --package-path Benchmarks/Micro --scratch-path .build-micro Micro

proof: release packages-proof ## Counts system calls and allocations per request
	python3 Benchmarks/proof.py $(PROOF_ARGUMENTS)

fuzz: packages ## Runs every fuzz target for FUZZ_SECONDS
	scripts/fuzz $(FUZZ_SECONDS)

clean: ## Removes everything that was built
	rm -rf .build .build-* Benchmarks/.build Fuzz/.build

packages:
	@scripts/install-packages build

packages-deb:
	@scripts/install-packages build deb

packages-test:
	@scripts/install-packages build test

packages-bench:
	@scripts/install-packages build bench
	@scripts/install-peers

packages-proof:
	@scripts/install-packages build proof

docker-image: ## Builds the container image
	docker build --file docker/Dockerfile --tag $(IMAGE) .

docker-up: ## Starts Sluice before two nginx in containers
	docker compose --file docker/compose.yaml up --build --detach --wait

docker-down: ## Ends what docker-up started
	docker compose --file docker/compose.yaml down

# The steps of the image. They need no container engine, so the tests run the same ones.
docker-build-binary: release ## Builds what the image holds

docker-stage: ## Lays out the image's files under STAGE
	mkdir -p $(STAGE)/usr/local/bin $(STAGE)/etc/sluice/weights $(STAGE)/var/lib/sluice/state
	strip -o $(STAGE)/usr/local/bin/sluice $(BINARY)
	cp docker/sluice.yaml $(STAGE)/etc/sluice/
	cp docker/weights/weights.yaml $(STAGE)/etc/sluice/weights/
