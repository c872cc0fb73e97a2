# The commands of this repository; `make help` lists them. Each does the set-up it needs.

SHELL := /bin/bash
SWIFT_FLAGS ?=
SOURCES := Package.swift $(shell find Sources -type f 2> /dev/null)
FORMATTED := Package.swift Sources Tests bench $(wildcard Examples)
RELEASE := .build/release.built
STRICT := -Xswiftc -warnings-as-errors -Xcxx -Werror
# The optional libraries to build with: those that set-up installed, unless the caller says which.
COUPLET_WITH ?= $(shell cat .deps/with 2> /dev/null)
export COUPLET_WITH

.PHONY: help setup build install demo test check-long sanitize lint format docs bench bench-truth clean

help: ## list these commands
	@sed -n 's/^\([a-z0-9%-]*\):.*## \(.*\)/  make \1 \t\2/p' $(MAKEFILE_LIST) | expand -t 28

setup: ## install what is missing: system packages, libtorch and Arrow in .deps
	@scripts/setup.sh

build: setup $(RELEASE) ## build .build/release/couplet

PREFIX ?= /usr/local
install: build ## put the command, its libraries, completion and manual into PREFIX (/usr/local), a folder that can be moved
	@scripts/setup.sh --install
	@scripts/install.sh '$(PREFIX)'

demo: build ## train on simulated pairs (and on MNIST when it is at hand), print what to expect
	@scripts/demo.sh

# Without HDF5's locks: a process that one test starts holds those of a file that another writes, for a moment.
test: setup lint ## check the format, build with warnings as errors, run all tests
	swift build --build-tests $(STRICT) $(SWIFT_FLAGS)
	HDF5_USE_FILE_LOCKING=FALSE swift test --skip-build --parallel $(STRICT) $(SWIFT_FLAGS)

check-long: build ## checks that take hours, all or those in CHECKS="large faults ..." (scripts/check-long.sh lists them)
	@scripts/check-long.sh $(CHECKS)

# `undefined` is of the C and C++ alone: the Swift compiler has none on Linux, and SwiftPM no word for it here.
SANITIZER ?= address
undefined = -fsanitize=undefined -fno-sanitize-recover=undefined
SANITIZED = --scratch-path .build/sanitize-$(SANITIZER) $(if $(filter undefined,$(SANITIZER)),\
  $(foreach flag,$(undefined),-Xcc $(flag) -Xcxx $(flag)) -Xswiftc -Xclang-linker -Xswiftc -fsanitize=undefined,\
  --sanitize=$(SANITIZER))
# What Foundation leaks when it reads an empty file would hide a leak of ours, so leaks of tensors are counted by a test.
sanitize: setup ## run all tests under a sanitizer, in a build of its own (7 minutes); SANITIZER=undefined or thread for another, TESTS=REGEX for some
	swift build --build-tests $(SANITIZED)
	ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 \
	  TSAN_OPTIONS=suppressions=$(CURDIR)/scripts/thread-sanitizer.txt \
	  swift test --skip-build $(SANITIZED) $(if $(TESTS),--filter '$(TESTS)')

lint:
	swift format lint --strict --recursive --parallel $(FORMATTED)

format: ## format all Swift files in place
	swift format --in-place --recursive --parallel $(FORMATTED)

docs: setup ## write the pages of the library's interface to .build/docs; a warning is an error
	swift build -c release --target Couplet $(SWIFT_FLAGS)
	@scripts/docs.sh

bench: build ## measure Couplet against PyTorch, in turn, as ratios
	@scripts/setup.sh --bench
	@for script in bench/*.py; do PYTHONPATH=.deps:.deps/python python3 $$script || exit 1; done

bench-truth: build ## how often intervals of the information hold it, for four kinds of pairs; ALL=1 for all of them
	.build/release/couplet reproduce information-intervals $(if $(ALL),,--quick) --out $(or $(OUT),.build/truth)

reproduce-%: build ## regenerate results of gaussian, mnist, ocean, truth; QUICK=1 for a reduced run
	.build/release/couplet reproduce $* $(if $(QUICK),--quick) --out $(or $(OUT),results/$*)

clean: ## remove what was built; keeps .deps and data
	rm -rf .build

# SwiftPM is asked only when a source, or the choice of libraries, is newer than the last build.
$(RELEASE): $(SOURCES) .build/libraries
	swift build -c release --product couplet $(SWIFT_FLAGS)
	@touch $@

.build/libraries: always
	@mkdir -p .build
	@echo '$(COUPLET_TORCH) $(COUPLET_WITH)' | cmp -s - $@ || echo '$(COUPLET_TORCH) $(COUPLET_WITH)' > $@

.PHONY: always
