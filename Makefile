# vnepp: one non-recursive Makefile. `make help` lists the targets.

SHELL := /bin/bash
.DEFAULT_GOAL := all

# ---- what is built how -------------------------------------------------------------------------------------------
# SAN=address,undefined or SAN=thread builds with sanitizers into a folder of its own; COVER=1 with coverage.
comma := ,
SAN ?=
COVER ?=
MODE := $(if $(SAN),san-$(firstword $(subst $(comma), ,$(subst address,addr,$(SAN)))),$(if $(COVER),cover,$(if $(FUZZ),fuzz,release)))
ifeq ($(MODE),release)
B := build
else
B := build/$(MODE)
endif
OBJ := $(B)/obj

CC ?= cc
PKGS := libuv openssl libxml-2.0 yaml-0.1 jansson libidn2 sqlite3 zlib
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) libcurl 2>/dev/null)
LLHTTP_DIR := $(if $(wildcard /usr/include/llhttp.h),,build/deps/llhttp)
LLHTTP_LIBS := $(if $(LLHTTP_DIR),,-lllhttp)

FUZZ ?=
FUZZ_FLAGS := $(if $(FUZZ),-fsanitize=fuzzer-no-link$(comma)address$(comma)undefined)
OPT := $(if $(SAN)$(FUZZ),-O1 -fno-omit-frame-pointer,$(if $(COVER),-O0 --coverage -DVNEPP_COVER,-O2))
WARN := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wformat=2 -Wstrict-prototypes \
	-Wmissing-prototypes -Wimplicit-fallthrough -Wvla -Wundef -Werror
# The sanitizers' own checks, and no optimisation, confuse gcc's format analysis.
WARN += $(if $(SAN)$(COVER),-Wno-format-truncation -Wno-format-overflow)
HARDEN := -fstack-protector-strong -fPIE $(if $(SAN)$(COVER)$(FUZZ),,-D_FORTIFY_SOURCE=2)
CFLAGS_ALL = -std=c11 -g $(OPT) $(WARN) $(HARDEN) $(if $(SAN),-fsanitize=$(SAN)) $(FUZZ_FLAGS) -D_GNU_SOURCE -I. \
	-DLLHTTP_STRICT_MODE=1 $(if $(LLHTTP_DIR),-isystem $(LLHTTP_DIR)) $(PKG_CFLAGS) $(CFLAGS)
LDFLAGS_ALL = -pie -Wl,-z,relro,-z,now $(OPT) $(if $(SAN),-fsanitize=$(SAN)) $(FUZZ_FLAGS) $(LDFLAGS)
Q := $(if $(V),,@)

VERSION := 0.1.0

# ---- folders are layers: one archive each, in link order ---------------------------------------------------------
LAYERS := epp/base epp policy certs daemon/core daemon/net daemon/session daemon/job daemon/store daemon/sched \
	daemon/api daemon/admin daemon/cli daemon/webhook
lib = $(B)/lib/$(subst /,-,$(1)).a
LIB_BASE := $(call lib,epp/base)
LIB_EPP := $(call lib,epp) $(LIB_BASE)
LIB_POLICY := $(call lib,policy) $(LIB_BASE)
LIB_CERTS := $(call lib,certs) $(LIB_BASE)
LIB_CORE := $(call lib,daemon/core) $(LIB_BASE)
LIB_NET := $(call lib,daemon/net) $(B)/lib/llhttp.a $(call lib,certs) $(LIB_CORE)
LIB_DAEMON := $(foreach l,daemon/admin daemon/api daemon/sched daemon/store daemon/job daemon/session,$(call lib,$(l))) \
	$(LIB_NET) $(call lib,policy) $(LIB_EPP)
LIB_HARNESS := $(B)/lib/tests-harness.a
LIB_REGSIM := $(B)/lib/tests-regsim.a

LIBS_BASE := -lyaml -lcrypto -lpthread
LIBS_EPP := -lxml2 -lidn2 $(LIBS_BASE)
LIBS_NET := -luv -lssl $(LLHTTP_LIBS) $(LIBS_BASE)
LIBS_DAEMON := -luv -lssl -lsqlite3 -ljansson -lz $(LLHTTP_LIBS) $(LIBS_EPP) -ldl

LIBS_WEBHOOK := -lcurl -lsqlite3 -ljansson $(LIBS_BASE)

srcs = $(wildcard $(1)/*.c)
obj = $(patsubst %.c,$(OBJ)/%.o,$(1))

# These install what they need; whatever else is asked for builds with what there is.
BY_THEMSELVES := help deps deps-test deps-ci demo try test san sim bench fuzz cover lint layers format format-check clean
ifneq ($(filter-out $(BY_THEMSELVES),$(or $(MAKECMDGOALS),all)),)
ifeq ($(wildcard /usr/include/llhttp.h build/deps/llhttp/llhttp.h),)
$(error what the build needs is not all there: `make deps` installs it)
endif
endif

PROGRAMS := $(B)/vneppd $(B)/vnepp $(B)/vnepp-webhookd $(B)/vnepp-regsim

.PHONY: all
all: $(PROGRAMS)

define layer_rule
$(call lib,$(1)): $(call obj,$(call srcs,$(1)))
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(l))))
$(LIB_HARNESS): $(call obj,$(call srcs,tests/harness))
$(LIB_REGSIM): $(call obj,$(filter-out tests/regsim/main.c,$(call srcs,tests/regsim)))

$(B)/lib/%.a:
	@mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcs $@ $(filter %.o,$^)

# A change of compiler or flags rebuilds everything: the stamp's content is the command line.
STAMP := $(OBJ)/.flags
$(STAMP): FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CFLAGS_ALL)' | cmp -s - $@ || echo '$(CC) $(CFLAGS_ALL)' > $@
.PHONY: FORCE
FORCE:

$(OBJ)/%.o: %.c $(STAMP)
	@mkdir -p $(@D)
	@[ -n "$(V)" ] || echo "  CC    $<"
	$(Q)$(CC) $(CFLAGS_ALL) -DVNEPP_VERSION='"$(VERSION)"' -MMD -MP -c -o $@ $<

# The status page's files, as a table in C.
PAGE_FILES := $(sort $(wildcard daemon/admin/page/*))
PAGE_OBJ := $(OBJ)/daemon/admin/http_page.o
$(PAGE_OBJ:.o=.c): daemon/admin/embed.sh $(PAGE_FILES)
	@mkdir -p $(@D)
	$(Q)sh daemon/admin/embed.sh $(PAGE_FILES) > $@
$(PAGE_OBJ): $(PAGE_OBJ:.o=.c) $(STAMP)
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<
$(call lib,daemon/admin): $(PAGE_OBJ)

# The contract of the partners' API, as a table in C.
CONTRACT_OBJ := $(OBJ)/daemon/api/api_contract_text.o
$(CONTRACT_OBJ:.o=.c): daemon/api/openapi.json
	@mkdir -p $(@D)
	$(Q){ echo '#include "daemon/api/api_contract.h"'; echo 'const unsigned char api_contract_text[] = {'; \
		od -An -v -tu1 $< | sed 's/  */,/g; s/^,//; s/$$/,/'; \
		echo '0};'; echo 'const size_t api_contract_len = sizeof api_contract_text - 1;'; } > $@
$(CONTRACT_OBJ): $(CONTRACT_OBJ:.o=.c) $(STAMP)
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<
$(call lib,daemon/api): $(CONTRACT_OBJ)

# llhttp 8 comes as generated C; Debian 13 has it as a library.
LLHTTP_OBJ := $(if $(LLHTTP_DIR),$(patsubst %,$(OBJ)/llhttp/%.o,api http llhttp))
$(B)/lib/llhttp.a: $(LLHTTP_OBJ)
$(OBJ)/llhttp/%.o: $(LLHTTP_DIR)/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) -O2 -w -fPIE $(if $(SAN),-fsanitize=$(SAN)) -DLLHTTP_STRICT_MODE=1 -I$(LLHTTP_DIR) -c -o $@ $<

link = @[ -n "$(V)" ] || echo "  LINK  $@"; mkdir -p $(@D); $(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) \
	-Wl,--start-group $(filter %.a,$^) -Wl,--end-group

$(B)/vneppd: $(call obj,$(call srcs,daemon)) $(LIB_DAEMON)
	$(link) $(LIBS_DAEMON)
$(B)/vnepp: $(call obj,$(call srcs,daemon/cli)) $(foreach l,daemon/admin daemon/api daemon/job,$(call lib,$(l))) \
	$(LIB_CORE) $(call lib,policy) $(LIB_EPP)
	$(link) -lcurl -ljansson -luv $(LIBS_EPP)
$(B)/vnepp-webhookd: $(call obj,$(call srcs,daemon/webhook)) $(LIB_CORE)
	$(link) $(LIBS_WEBHOOK)
$(B)/vnepp-regsim: $(call obj,tests/regsim/main.c) $(LIB_REGSIM) $(LIB_NET) $(LIB_EPP)
	$(link) $(LIBS_NET) $(LIBS_EPP)

# ---- tests -------------------------------------------------------------------------------------------------------
# A unit test links only what its folder may use: a forbidden call does not link.
unit_tests = $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/$(1)/test_*.c))
T_BASE := $(call unit_tests,base)
T_EPP := $(call unit_tests,epp)
T_POLICY := $(call unit_tests,policy)
T_CERTS := $(call unit_tests,certs)
T_DAEMON := $(call unit_tests,daemon)
T_CLI := $(call unit_tests,cli)
T_WEBHOOK := $(call unit_tests,webhook)
T_GATEWAY := $(call unit_tests,gateway)
UNIT_TESTS := $(T_BASE) $(T_EPP) $(T_POLICY) $(T_CERTS) $(T_DAEMON) $(T_CLI) $(T_WEBHOOK) $(T_GATEWAY)

$(B)/tests/%: $(OBJ)/tests/unit/%.o
	$(link) $(TEST_LIBS) -lcmocka
$(T_BASE): $(LIB_BASE)
$(T_BASE): TEST_LIBS = $(LIBS_BASE)
$(T_EPP): $(LIB_EPP)
$(T_EPP): TEST_LIBS = $(LIBS_EPP)
$(T_POLICY): $(LIB_POLICY)
$(T_POLICY): TEST_LIBS = $(LIBS_BASE)
$(T_CERTS): $(LIB_CERTS)
$(T_CERTS): TEST_LIBS = -lssl $(LIBS_BASE)
$(T_DAEMON): $(LIB_HARNESS) $(LIB_REGSIM) $(LIB_DAEMON)
$(T_DAEMON): TEST_LIBS = $(LIBS_DAEMON)
$(T_CLI): $(call lib,daemon/cli) $(LIB_POLICY) $(LIB_EPP)
$(T_CLI): TEST_LIBS = -lcurl -ljansson $(LIBS_EPP)
$(T_WEBHOOK): $(call lib,daemon/webhook) $(LIB_CORE)
$(T_WEBHOOK): TEST_LIBS = $(LIBS_WEBHOOK)
# The whole gateway, with the simulation's clients.
$(T_GATEWAY): $(call obj,$(filter-out tests/sim/main.c,$(call srcs,tests/sim))) $(B)/lib/gateway.a $(LIB_HARNESS) \
	$(LIB_REGSIM) $(LIB_DAEMON)
$(T_GATEWAY): TEST_LIBS = $(LIBS_DAEMON)

.PHONY: unit
unit: $(UNIT_TESTS)

$(B)/lib/gateway.a: $(call obj,$(filter-out daemon/main.c,$(call srcs,daemon)))

# The whole gateway and a registry in one process under a virtual clock.
$(B)/lib/tests-sim.a: $(call obj,$(filter-out tests/sim/main.c,$(call srcs,tests/sim)))
$(B)/vnepp-sim: $(call obj,tests/sim/main.c) $(B)/lib/tests-sim.a $(B)/lib/gateway.a $(LIB_HARNESS) $(LIB_REGSIM) $(LIB_DAEMON)
	$(link) $(LIBS_DAEMON)

$(B)/tests/daemon/test_hostile_gateway: $(B)/lib/tests-sim.a $(B)/lib/gateway.a

# Scheduler and limiters alone.
$(B)/vnepp-proof: $(call obj,$(call srcs,tests/proof)) $(LIB_DAEMON)
	$(link) $(LIBS_DAEMON)

$(B)/bench-parts: $(call obj,tests/bench/parts.c) $(LIB_DAEMON)
	$(link) $(LIBS_DAEMON)

$(B)/bench-limits: $(call obj,tests/bench/limits.c) $(LIB_DAEMON)
	$(link) $(LIBS_DAEMON)

$(B)/bench-frames: $(call obj,tests/bench/frames.c) $(LIB_EPP)
	$(link) $(LIBS_EPP)

$(B)/bench-crowd: $(call obj,tests/bench/crowd.c) $(LIB_BASE)
	$(link) -lssl $(LIBS_BASE)

$(B)/bench-policy: $(call obj,tests/bench/policy.c) $(LIB_POLICY)
	$(link) $(LIBS_BASE)

$(B)/bench-replay: $(call obj,tests/bench/replay.c) $(LIB_DAEMON)
	$(link) $(LIBS_DAEMON)

# Run by libFuzzer; what they find stays in build/fuzz as crash-*.
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/%,$(wildcard tests/fuzz/fuzz_*.c))
$(FUZZERS): $(B)/%: $(OBJ)/tests/fuzz/%.o $(LIB_HARNESS) $(LIB_DAEMON)
	$(link) -fsanitize=fuzzer $(LIBS_DAEMON)

# ---- what people call --------------------------------------------------------------------------------------------
# Targets that need packages install them first and then start over, because compiler flags depend on them.
AGAIN := @$(MAKE) --no-print-directory -j$(shell nproc)

.PHONY: help deps deps-test deps-ci demo demo-run try try-run test test-run san sim sim-run bench bench-run fuzz cover layers format \
	format-check lint clean
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

deps: ## install what the build needs (Debian packages)
	@tests/deps.sh build
deps-test: ## install what the tests need, too
	@tests/deps.sh test

deps-ci: ## install what the tests of the status page and the alert rules need, too (a browser, promtool)
	@tests/deps.sh ci

demo: deps ## the main job from a batch file to the registry and back, on this machine
	$(AGAIN) demo-run
demo-run: all
	@tests/demo/run.sh $(B)

try: deps ## a gateway and a registry on this machine to hand batches in to, until Ctrl-C
	$(AGAIN) try-run
try-run: all
	@tests/demo/try.sh $(B)

test: deps-test ## every test that needs no special machine
	$(AGAIN) test-run
INTEGRATION := $(wildcard tests/integration/test_*.sh)
test-run: all unit $(B)/vnepp-sim $(B)/vnepp-proof
	@BUILD=$(B) tests/run-tests.sh $(B)/test-logs $(UNIT_TESTS) $(INTEGRATION)

san: deps-test ## unit tests and simulation under the address, undefined and thread sanitizers
	@$(MAKE) --no-print-directory -j2 SAN=address,undefined san-run
	@$(MAKE) --no-print-directory -j2 SAN=thread san-run
.PHONY: san-run
san-run: unit $(B)/vnepp-sim
	@BUILD=$(B) tests/run-tests.sh $(B)/test-logs $(UNIT_TESTS) tests/sim/quick.sh

FUZZ_SECONDS ?= 60
fuzz: deps-test ## every fuzz target for FUZZ_SECONDS (60) each, under the address and undefined sanitizers
	@$(MAKE) --no-print-directory -j2 CC=clang FUZZ=1 fuzz-run
.PHONY: fuzz-run
fuzz-run: $(FUZZERS)
	@tests/fuzz/run.sh $(B) $(FUZZ_SECONDS)

cover: deps-test ## lines and branches that the unit tests and the simulation reach
	@$(MAKE) --no-print-directory -j2 COVER=1 cover-run
.PHONY: cover-run
cover-run: unit $(B)/vnepp-sim
	@find $(B) -name '*.gcda' -delete
	@BUILD=$(B) tests/run-tests.sh $(B)/test-logs $(UNIT_TESTS) tests/sim/quick.sh
	@tests/cover.sh $(B)

sim: deps-test ## the long runs: 20,000 seeds of the simulation, 10^8 commands, thousands of crashes and reloads (20 minutes)
	$(AGAIN) sim-run
sim-run: all $(B)/vnepp-sim $(B)/vnepp-proof $(B)/tests/daemon/test_quota_crash $(B)/tests/gateway/test_gateway_reloads \
		$(B)/tests/policy/test_diff
	@$(B)/vnepp-sim --rush 1000000
	@$(B)/vnepp-proof --commands 100000000
	@QUOTA_SCHEDULES=10000 $(B)/tests/daemon/test_quota_crash
	@RELOADS=1000 $(B)/tests/gateway/test_gateway_reloads
	@BUILD=$(B) RELOADS=1000 tests/integration/test_reloads.sh
	@DIFF_PAIRS=1000 $(B)/tests/policy/test_diff
	@BUILD=$(B) RESEND_CUTS=200 tests/integration/test_resend.sh
	@$(B)/vnepp-sim --seeds 20000

bench: deps-test ## speed and memory, as ratios from one run (some minutes)
	$(AGAIN) bench-run
bench-run: all $(B)/bench-replay $(B)/bench-limits $(B)/bench-parts $(B)/bench-policy $(B)/bench-frames $(B)/bench-crowd
	@tests/bench/run.sh $(B)

layers: ## includes go one way
	@tests/layers.sh
C_FILES = $(shell git ls-files '*.c' '*.h')
format: ## format every C file
	@clang-format -i $(C_FILES)
format-check: ## every C file is formatted
	@clang-format --dry-run --Werror $(C_FILES) && echo "format: as .clang-format says"
lint: deps-test ## a second compiler's warnings
	@$(MAKE) --no-print-directory -j2 CC=clang B=build/clang all unit

clean: ## what was built
	rm -rf build

.SECONDARY:
.DELETE_ON_ERROR:

-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)

# ---- install -----------------------------------------------------------------------------------------------------
# make install DESTDIR=... PREFIX=/usr. What a site has in /etc/vnepp is never touched: samples and rules are put there
# only when there are none; the newest ones are always in $(PREFIX)/share/vnepp.
PREFIX ?= /usr/local
CONF := $(DESTDIR)/etc/vnepp
SHARE := $(DESTDIR)$(PREFIX)/share/vnepp
SAMPLES := systemd/vneppd.yaml systemd/partners.yaml systemd/limits.yaml systemd/mapping-vn-example.yaml
# Installed in folders as here, so that their links hold.
DOCS := README.md certs/README.md daemon/api/README.md daemon/api/openapi.json daemon/webhook/README.md policy/README.md \
	systemd/README.md systemd/logs.md $(SAMPLES) systemd/webhooks.yaml $(wildcard tests/clients/*)

# Where Debian's zsh looks.
ZSH_FUNCTIONS := share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)

.PHONY: install
install: $(B)/vneppd $(B)/vnepp $(B)/vnepp-webhookd
	install -D -m 0755 -t $(DESTDIR)$(PREFIX)/bin $^
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	for u in vneppd vnepp-webhookd; do \
		sed 's|/usr/|$(PREFIX)/|g' systemd/$$u.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/$$u.service || exit 1; done
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/man/man1 $(wildcard systemd/man/*.1)
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/man/man5 $(wildcard systemd/man/*.5)
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/man/man8 $(wildcard systemd/man/*.8)
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/$(ZSH_FUNCTIONS)
	$(B)/vnepp completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/vnepp
	$(B)/vnepp completion zsh > $(DESTDIR)$(PREFIX)/$(ZSH_FUNCTIONS)/_vnepp
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/lib/systemd/system systemd/vneppd.socket
	install -D -m 0644 systemd/vnepp.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/vnepp.conf
	install -D -m 0644 systemd/vnepp.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/vnepp.conf
	for f in $(DOCS); do install -D -m 0644 $$f $(DESTDIR)$(PREFIX)/share/doc/vnepp/$$f || exit 1; done
	ln -sfn ../../../vnepp/runbook $(DESTDIR)$(PREFIX)/share/doc/vnepp/systemd/runbook
	install -D -m 0644 -t $(SHARE)/rules $(wildcard policy/rules/*.yaml)
	install -D -m 0644 -t $(SHARE)/cases $(wildcard policy/cases/*.yaml)
	$(B)/vnepp policy schema > $(SHARE)/vnepp-rules.schema.json
	install -D -m 0644 -t $(SHARE) systemd/vnepp-alerts.yml systemd/vnepp-dashboard.json
	sed 's|/usr/|$(PREFIX)/|g' systemd/vneppd-reload.conf > $(SHARE)/vneppd-reload.conf
	install -D -m 0644 -t $(SHARE)/runbook $(wildcard systemd/runbook/*.md)
	install -d -m 0750 $(CONF) $(CONF)/rules $(CONF)/tls $(CONF)/secrets
	install -d -m 0750 $(CONF)-webhook $(CONF)-webhook/secrets
	@set -e; for f in $(SAMPLES:systemd/%=vnepp/%) vnepp-webhook/webhooks.yaml; do \
		to=$(DESTDIR)/etc/$$f; \
		if [ -e $$to ]; then echo "kept: $$to"; else install -m 0640 systemd/$${f##*/} $$to; fi; \
	done
	@to=$(DESTDIR)/etc/systemd/system/vneppd.service.d/network.conf; \
		if [ -e $$to ]; then echo "kept: $$to"; else install -D -m 0644 systemd/vneppd-network.conf $$to; fi
	@if ls $(CONF)/rules/*.yaml >/dev/null 2>&1; then echo "kept: $(CONF)/rules"; else \
		install -m 0640 $(wildcard policy/rules/*.yaml) $(CONF)/rules; fi
	@echo "next: systemd-sysusers && systemd-tmpfiles --create && systemctl daemon-reload; see $(CONF)/vneppd.yaml"
