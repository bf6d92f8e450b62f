# The front door. `make help` lists what there is; every stage that CI runs is a target of its own.

JOBS ?= $(shell nproc)
# Several sources at once: for a first build. Who changes sources uses the presets, or UNITY=OFF.
UNITY ?= ON
ERGON = build/release/ergon
MODELS = smollm2-135m-instruct-q4_1 qwen2.5-coder-0.5b-instruct-q4_k_m
RESULTS = build/results

# $(call stage,NAME,COMMAND): runs a command between two lines that name it and tell how long it took.
define stage
@echo "== $(1)"; start=$$(date +%s); ( $(2) ); status=$$?; \
echo "== $(1): $$(($$(date +%s) - start)) s$$([ $$status -eq 0 ] || echo ', FAILED')"; exit $$status
endef

# $(call tests,NAME,PRESET,CTEST OPTIONS): tests of one build; what they gave lands in $(RESULTS)/NAME.xml.
tests = $(call stage,$(1),mkdir -p $(RESULTS) && ctest --preset $(2) $(3) -j $(JOBS) --progress --timeout 600 \
--no-tests=error --output-junit $(CURDIR)/$(RESULTS)/$(1).xml)

# $(call build,PRESET,TARGET): configure one preset of CMakePresets.json and compile a target of it (or all).
build = $(call stage,build $(1) $(2),cmake --preset $(1) -DERGON_UNITY=$(UNITY) --log-level=WARNING && \
cmake --build --preset $(1) -j $(JOBS) --target $(2))

.NOTPARALLEL:
.PHONY: help bootstrap check-format format models build compare compare-real compare-full install package test tests-quick tests-real tests-browser tests-intervals asan fuzz mutants tsan tidy clean

help:
	@echo 'make compare     bring what is missing, build, and compare the four models that ship: dense or sparse, direct or'
	@echo '                 thinking, in joules (the main job)'
	@echo 'make compare-real  two real models instead, which are fetched first'
	@echo 'make compare-full  those two on all prompts, with room for long answers (an hour or so)'
	@echo 'make test        make compare, then every test'
	@echo 'make build       bring missing packages and build $(ERGON)'
	@echo 'make install     build and install below PREFIX (/usr/local); DESTDIR stages it elsewhere'
	@echo 'make package     build a Debian package in build/'
	@echo
	@echo 'The stages of make test, each on its own:'
	@echo '  make tests-quick   tests that need no real model'
	@echo '  make tests-real    tests on the real models'
	@echo '  make tests-browser pages in Chromium; pictures of them land in build/release/tests/browser/screenshots'
	@echo '  make check-format  whether clang-format would change a source'
	@echo '  make asan          unit and parity tests, and a short run of each fuzz target, under address and undefined'
	@echo '                     behaviour sanitizers (built by clang 16, warnings are errors)'
	@echo
	@echo 'Not part of make test:'
	@echo '  make tsan          unit and parity tests under the thread sanitizer'
	@echo '  make tests-intervals  how often intervals hold known truths, in 20,000 experiments of each'
	@echo '  make fuzz HOURS=8  every fuzz target for a share of so many hours; docs/security.md keeps the numbers'
	@echo '  make mutants FILES="src/energy/ledger" COUNT=20  breaks the code on purpose, and lists what no test notices'
	@echo '  make format        formats every source'
	@echo '  make tidy          clang-tidy over src/'
	@echo '  make clean         remove build/ (the models in the cache stay)'

bootstrap:
	@tools/bootstrap

models: bootstrap
	@tools/real-models

build: bootstrap
	$(call build,release,ergon)

PREFIX ?= /usr/local
install: bootstrap
	$(call build,release,help_files)
	$(call stage,install,DESTDIR='$(DESTDIR)' cmake --install build/release --prefix '$(PREFIX)')

package:
	@tools/bootstrap package
	$(call build,release,help_files)
	$(call stage,package,tools/package)

compare: build
	$(call stage,compare,$(ERGON) compare --results build/compare.sqlite --html build/compare.html)

# Real models: `compare-real` has three minutes, so it samples and caps; `compare-full` asks everything.
REAL = $(ERGON) compare $(MODELS) --prompts everyday,puzzles

compare-real: build models
	$(call stage,compare-real,$(REAL) --limit 12 --max-tokens 128 --results build/compare-real.sqlite --html build/compare-real.html)

compare-full: build models
	$(call stage,compare-full,$(REAL) --max-tokens 1024 --results build/compare-full.sqlite --html build/compare-full.html)

test: check-format compare tests-quick tests-real tests-browser asan

tests-quick: bootstrap
	$(call build,release,all)
	$(call tests,tests-quick,release,-LE 'real|browser')

tests-real: models
	$(call build,release,all)
	$(call tests,tests-real,release,-L real)

tests-browser:
	@tools/bootstrap browser
	$(call build,release,sample_page)
	$(call tests,tests-browser,release,-L browser)

SOURCES = find src tests bench fuzz \( -name '*.cpp' -o -name '*.h' \) -print0 | xargs -0 -P $(JOBS) -n 50 clang-format-16

check-format:
	@tools/bootstrap format
	$(call stage,check-format,$(SOURCES) --dry-run --Werror)

format:
	@tools/bootstrap format
	$(call stage,format,$(SOURCES) -i)

asan:
	@tools/bootstrap asan
	$(call build,asan,all)
	$(call tests,asan,asan,-L 'unit|parity|fuzz')

# In a build folder of its own; SEED draws other places.
mutants:
	@tools/mutants $(FILES) --count $(or $(COUNT),20) --seed $(or $(SEED),0) --jobs $(JOBS)

HOURS ?= 1
fuzz:
	@tools/bootstrap asan
	$(call build,asan,fuzz_targets)
	$(call stage,fuzz,tools/fuzz $(HOURS))

tsan: bootstrap
	$(call build,tsan,all)
	$(call tests,tsan,tsan,-L 'unit|parity')

tests-intervals: bootstrap
	$(call build,release,test_lab)
	$(call stage,tests-intervals,mkdir -p $(RESULTS) && ERGON_EXPERIMENTS=20000 build/release/tests/lab/test_lab \
--gtest_filter='*Coverage*:*HoldsTheTruth*:FalseClaims*' --gtest_output=xml:$(CURDIR)/$(RESULTS)/tests-intervals.xml)

tidy:
	@tools/bootstrap tidy
	$(call stage,tidy,cmake --preset release --log-level=WARNING && run-clang-tidy-16 -quiet -p build/release -j $(JOBS) '$(CURDIR)/src/.*')

clean:
	rm -rf build
