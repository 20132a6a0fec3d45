# SPDX-License-Identifier: GPL-2.0-or-later
# What people type. The parts do the work: kernel-config/build.sh, images/build.sh, runner/ (CMake), build/o2lab.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
export O2LAB_ROOT := $(CURDIR)

# The one list of what a fresh Debian 12 needs.
PACKAGES_KERNEL := linux-source-6.1 jq busybox-static build-essential bc bison flex libelf-dev libssl-dev cpio kmod rsync patch xz-utils ccache \
                   erofs-utils
PACKAGES_IMAGE  := mmdebstrap erofs-utils e2fsprogs cpio gcc libc6-dev libcmap-dev libcpg-dev libquorum-dev
PACKAGES_RUNNER := cmake ninja-build pkg-config g++ ccache libvirt-dev libssh-dev libfmt-dev libgtest-dev libgmock-dev \
                   libcli11-dev libtomlplusplus-dev nlohmann-json3-dev libpugixml-dev libsqlite3-dev dropbear-bin nbdkit-plugin-dev \
                   libarchive-dev libssl-dev libdw-dev
PACKAGES_LAB    := qemu-system-x86 iproute2 procps qemu-utils qemu-block-extra libvirt-daemon libvirt-daemon-driver-qemu nbdkit ocfs2-tools \
                   openssh-client
# What the program itself is linked with: for a host that only runs the bundle of a failed case.
PACKAGES_BUNDLE := libarchive13 libdw1 libfmt9 libpugixml1v5 libsqlite3-0 libssh-4 libssl3 libtomlplusplus3 libvirt0
PACKAGES_LINT   := clang-format clang-tidy shellcheck
PACKAGES_BROWSER := chromium
PACKAGES := $(sort $(PACKAGES_KERNEL) $(PACKAGES_IMAGE) $(PACKAGES_RUNNER) $(PACKAGES_LAB))

# lab | debug | kasan | stock: what every case runs on that does not ask for a kernel of its own.
KERNEL ?= lab
# default | stack: the guest image that `make image` builds.
IMAGE ?= default
# pacemaker | watch: make lab-test runs the cases over that cluster manager, on the image stack, two at a time.
STACK ?=
STACK_CASES_pacemaker := --selection all FailoverStack.* FailoverStackSbd.* FencingStack.* MountStack.*
STACK_CASES_watch := --selection all FailoverWatch.*
# Cases to run (gtest patterns, blank-separated); empty: the lab-test selection.
CASES ?=
# Further arguments of `o2lab run` and `o2lab bench`.
ARGS ?=
export SERIES KERNEL_SRC
# Objects are the same in every checkout, so that a fresh clone compiles from the cache.
export CCACHE_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/o2lab/ccache
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := true
# Precompiled headers need these: ccache would not trust itself to know what is in one.
export CCACHE_SLOPPINESS := pch_defines,time_macros,include_file_mtime,include_file_ctime

O2LAB := build/o2lab
# Cases that `make lab-test` runs side by side, each with nodes of its own.
LABS ?= 3
# NAME LIMIT SIGNAL COMMAND…
PART := runner/tests/part.sh

.PHONY: help
help: ## this text
	@echo 'o2lab: a multi-node integration lab for OCFS2 kernel work'
	@echo
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
	@echo
	@echo 'Variables: KERNEL=lab|debug|kasan|stock  CASES="Fencing.*"  LABS=3  STACK=pacemaker|watch  SERIES=path|none  KERNEL_SRC=tree|tarball  ARGS="--repeat 20"'
	@echo 'Then: build/o2lab --help'

.PHONY: deps
deps: ## install the Debian packages that are missing
	@missing=(); for p in $(PACKAGES); do \
	  [[ "$$(dpkg-query -W -f '$${db:Status-Status}' $$p 2>/dev/null)" == installed ]] || missing+=($$p); done; \
	if (( $${#missing[@]} )); then $(MAKE) install PKGS="$${missing[*]}"; fi
	@# As root libvirt 9.0 looks this user up before it reads its configuration; the package that makes it would pull in much more.
	@getent passwd libvirt-qemu >/dev/null || [[ $$EUID -ne 0 ]] || \
	  useradd --system --user-group --no-create-home --shell /usr/sbin/nologin libvirt-qemu

.PHONY: install
install:
	@echo "installing: $(PKGS)"
	@as_root=(); if [[ $$EUID -ne 0 ]]; then command -v sudo >/dev/null || \
	  { echo 'make deps: not root and no sudo: have an administrator run: apt-get install $(PKGS)' >&2; exit 3; }; as_root=(sudo); fi; \
	"$${as_root[@]}" apt-get update -q && \
	"$${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $(PKGS)

# FLAVOUR, or FLAVOUR@NAME as kernel-config/variant.sh has it.
build_kernel = KERNEL=$(1) $(PART) 'kernel $(1)' 2700 TERM kernel-config/$(if $(findstring @,$(1)),variant.sh $(1),build.sh)

.PHONY: kernel
kernel: deps ## build the kernel KERNEL=lab|debug|kasan|stock with the patch series, or lab@PART with it up to a part
	@$(call build_kernel,$(KERNEL))

.PHONY: image
image: deps ## build the guest image IMAGE=default|stack
	@$(PART) 'image $(IMAGE)' 1200 TERM images/build.sh $(IMAGE)

.PHONY: runner
runner: deps ## build the program build/o2lab
	@cmake -S runner -B build/runner -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
	  -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_C_COMPILER_LAUNCHER=ccache \
	  -DO2LAB_PACKAGES="$(PACKAGES_LAB) $(PACKAGES_BUNDLE)" >build/runner-cmake.log 2>&1 \
	  || { cat build/runner-cmake.log >&2; exit 3; }
	@$(PART) 'compiling o2lab' 1800 TERM ninja -C build/runner --quiet o2lab
	@ln -sfn runner/o2lab build/o2lab

runner image kernel: | build
build:
	@mkdir -p build

.PHONY: test
test: runner ## everything that needs no VM: unit and component tests, also under ASan and UBSan
	@$(PART) 'kernel build tests' 600 TERM kernel-config/test.sh
	@$(PART) 'image build tests' 600 TERM images/test.sh
	@cmake -S images/agent -B build/agent -G Ninja -DCMAKE_BUILD_TYPE=Debug -DO2MEMBER_TESTS=ON -DO2MEMBER_SANITIZE=ON \
	  -DCMAKE_CXX_COMPILER_LAUNCHER=ccache >build/agent-cmake.log 2>&1 || { cat build/agent-cmake.log >&2; exit 3; }
	@$(PART) 'compiling the membership agent' 1200 TERM ninja -C build/agent --quiet
	@$(PART) 'membership agent tests' 300 ABRT build/agent/o2member_test --gtest_brief=1
	@O2MEMBER=$(CURDIR)/build/agent/o2member $(PART) 'membership agent command line' 120 TERM images/agent/test/cli_test.sh
	@$(PART) 'compiling the tests' 1800 TERM ninja -C build/runner --quiet o2lab_test
	@$(PART) 'unit tests' 300 ABRT build/runner/o2lab_test --gtest_brief=1
	@cmake -S runner -B build/asan -G Ninja -DCMAKE_BUILD_TYPE=Debug -DO2LAB_SANITIZE=ON \
	  -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_C_COMPILER_LAUNCHER=ccache >build/asan-cmake.log 2>&1 \
	  || { cat build/asan-cmake.log >&2; exit 3; }
	@$(PART) 'compiling the tests with sanitizers' 2400 TERM ninja -C build/asan --quiet o2lab_test
	@$(PART) 'unit tests with sanitizers' 600 ABRT build/asan/o2lab_test --gtest_brief=1
	@O2LAB=$(CURDIR)/$(O2LAB) $(PART) 'command line tests' 600 TERM runner/tests/cli_test.sh

.PHONY: lab-test
lab-test: kernel image runner ## the main job: build what is missing, boot nodes, run the cases
	@[[ "$(KERNEL)" == debug ]] || $(call build_kernel,debug)
	@[[ -n "$(STACK)" || "$(KERNEL)" == stock ]] || $(call build_kernel,$(KERNEL)@none)
	@[[ -z "$(STACK)" || -n "$(STACK_CASES_$(STACK))" ]] || { echo "make: no such STACK=$(STACK); there are: pacemaker, watch" >&2; exit 2; }
	@[[ -z "$(STACK)" ]] || $(PART) 'image stack' 1200 TERM images/build.sh stack
	@$(PART) 'the cases' 2400 INT $(O2LAB) run --kernel $(KERNEL) --jobs $(if $(STACK),2,$(LABS)) $(ARGS) $(or $(CASES),$(STACK_CASES_$(STACK)))
	@[[ -n "$(CASES)$(STACK)" ]] || O2LAB=$(CURDIR)/$(O2LAB) $(PART) 'what ends a run' 900 TERM runner/tests/robust_test.sh

.PHONY: night-builds
night-builds: kernel image runner ## all that lab-nightly runs on, and no case
	@$(call build_kernel,debug)
	@$(foreach k,$(filter-out stock,$(sort $(KERNEL) debug)),$(call build_kernel,$(k)@none) && $(call build_kernel,$(k)@other-protocol) &&) true
	@$(PART) 'image stack' 1200 TERM images/build.sh stack

.PHONY: lab-nightly
lab-nightly: night-builds ## every case on KERNEL and on debug, then with the kernel's default timeouts: hours; goes on where it was
	@O2LAB=$(CURDIR)/$(O2LAB) LEGS="$(KERNEL):all debug:all $(KERNEL):nightly" JOBS=$(LABS) PATTERNS="$(CASES)" ARGS="$(ARGS)" \
	  lab/nightly/night-latest.sh run

.PHONY: judge-test morning-test
judge-test: kernel image runner ## kernels with a planted defect: each must be named by its verdict and by the page, in a browser
	@command -v chromium >/dev/null || $(MAKE) install PKGS="$(PACKAGES_BROWSER)"
	@O2LAB=$(CURDIR)/$(O2LAB) $(PART) 'planted defects' 1800 TERM runner/tests/planted_test.sh

morning-test: kernel image runner ## a planted regression, slowdown and flake: each must be named by the morning page
	@O2LAB=$(CURDIR)/$(O2LAB) $(PART) 'morning page' 3600 TERM runner/tests/morning_test.sh

.PHONY: bench
bench: kernel image runner ## the performance table, each figure a ratio taken in one run
	@$(O2LAB) bench --kernel $(KERNEL) $(ARGS)

.PHONY: bench-peers
bench-peers: deps ## what bench can be compared with: a plain Debian as clouds have it, and the kernel that virtme-ng can boot
	@$(call build_kernel,stock)
	@$(PART) 'image cloud' 1200 TERM images/cloud/build.sh

.PHONY: format
format: ## clang-format every C++ source
	@git ls-files -co --exclude-standard 'runner/**' 'cases/**' 'images/agent/**' | grep -E '\.(cc|h)$$' | xargs -r clang-format -i

.PHONY: lint
lint: deps ## clang-format check, clang-tidy, shellcheck
	@$(MAKE) lint-tools
	@git ls-files -co --exclude-standard 'runner/**' 'cases/**' 'images/agent/**' | grep -E '\.(cc|h)$$' | xargs -r clang-format --dry-run -Werror
	@# Two classes of one name are one to the linker, which says nothing.
	@twice=$$(git grep -hoE '^(struct|class) [A-Z][A-Za-z0-9]+ ' -- 'runner/src/*.h' | awk '{print $$2}' | sort | uniq -d); \
	[[ -z "$$twice" ]] || { echo "lint: two headers define: $$twice" >&2; exit 1; }
	@git ls-files -co --exclude-standard | xargs -r grep -lE '^#!.*\b(ba)?sh\b' | xargs -r shellcheck -x
	@cmake -S runner -B build/lint -G Ninja -DO2LAB_PCH=OFF >/dev/null
	@git ls-files -co --exclude-standard 'runner/src/**.cc' 'cases/*.cc' | xargs -r -P 2 -n 4 clang-tidy -p build/lint --quiet 2>/dev/null

.PHONY: lint-tools
lint-tools:
	@command -v clang-tidy clang-format shellcheck >/dev/null || $(MAKE) install PKGS="$(PACKAGES_LINT)"

.PHONY: clean
clean: ## remove build/ (kernels and images stay in the cache)
	@rm -rf build

.PHONY: distclean
distclean: clean ## remove build/, results/ and the cache
	@rm -rf results "$${XDG_CACHE_HOME:-$$HOME/.cache}/o2lab"
