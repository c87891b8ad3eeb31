# libehlo. GNU make; `make help` lists the targets. Everything that is built goes under build/.
# Honoured: CC CXX AR CFLAGS LDFLAGS DESTDIR PREFIX LIBDIR INCLUDEDIR MANDIR; SHARED=0 leaves the shared library out;
# TLS=openssl builds the examples with TLS; WERROR=1 makes warnings errors; V=1 shows the commands.

BUILD = build
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
SHARED ?= 1
TLS ?= none
TLS_CFLAGS ?= $(if $(filter openssl,$(TLS)),$(shell pkg-config --cflags openssl 2>/dev/null))
TLS_LIBS ?= $(if $(filter openssl,$(TLS)),$(shell pkg-config --libs openssl 2>/dev/null || echo -lssl -lcrypto))
T ?= 60
COVERAGE_MIN ?= 98
CMOCKA_CFLAGS ?= $(shell pkg-config --cflags cmocka 2>/dev/null)
CMOCKA_LIBS ?= $(shell pkg-config --libs cmocka 2>/dev/null || echo -lcmocka)
Q = $(if $(V),,@)

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes \
       -Wold-style-definition -Wcast-qual -Wcast-align -Wpointer-arith -Wundef -Wvla -Wwrite-strings -Wformat=2 \
       -Wswitch-default $(if $(filter 1,$(WERROR)),-Werror)
COMMON = -std=c99 $(WARN) -fvisibility=hidden -Iinclude -MMD -MP
LIB_FLAGS = $(COMMON) -Ilib
# a caller need not name the fields that a struct of the library has grown
APP_FLAGS = $(COMMON) -Wno-missing-field-initializers -D_DEFAULT_SOURCE= -pthread

LIB_SRC = $(wildcard lib/*/*.c)
LIB = $(BUILD)/libehlo.a
LIB_OBJ = $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
# The shared library is of objects of its own: who embeds the static one need not pay for -fPIC.
VERSION := $(shell awk '$$2 == "EHLO_VERSION" {printf "%d.%d.%d", $$3 / 10000, $$3 / 100 % 100, $$3 % 100}' \
                   include/ehlo/base.h)
SONAME = libehlo.so.$(firstword $(subst ., ,$(VERSION)))
SO = $(if $(filter 0,$(SHARED)),,$(BUILD)/libehlo.so.$(VERSION))
SO_OBJ = $(LIB_SRC:%.c=$(BUILD)/pic/%.o)
# a sanitizer's runtime comes with the program, not with the library
SO_FLAGS = -shared -Wl,-soname,$(SONAME) $(if $(findstring -fsanitize,$(CFLAGS) $(LDFLAGS)),,-Wl,-z,defs)
HEADERS = $(wildcard include/*.h include/*/*.h)
PAGES = $(wildcard man/*.[1-9])
EXAMPLES = $(sort $(patsubst examples/%.c,%,$(wildcard examples/*.c)) \
                  $(filter-out common,$(patsubst examples/%/,%,$(dir $(wildcard examples/*/*.c)))))
# what the examples in folders have in common; of the implementations of TLS one
EXAMPLES_COMMON = $(filter-out examples/common/tls-%.c,$(wildcard examples/common/*.c)) examples/common/tls-$(TLS).c
TESTS = $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/test_*.c)))
FUZZ = $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard fuzz/fuzz_*.c)))
BENCH = $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(sort $(wildcard tests/bench/bench_*.c)))
# the driver with main() behind a fuzz target; empty when the compiler brings one
FUZZ_MAIN = $(BUILD)/obj/fuzz/standalone.o

export CC CXX BUILD MAKE

.PHONY: all help lib examples unit check deps asan clang m32 coverage mutants fuzz fuzz-standalone seeds demo interop \
        interop-quick lint format bench size install uninstall clean FORCE
.SECONDARY:
.DELETE_ON_ERROR:

all: lib examples ## build the libraries and the examples (the default)

lib: $(LIB) $(SO) ## build build/libehlo.a, and build/libehlo.so.VERSION unless SHARED=0

examples: $(EXAMPLES:%=$(BUILD)/examples/%) ## build the examples, to build/examples/

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-16s %s\n", $$1, $$2}' Makefile

# --- how things are built

# Rewritten only when the compiler or its flags change, and then everything is built anew.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(COMMON) $(CFLAGS)' | cmp -s - $@ || echo '$(CC) $(COMMON) $(CFLAGS)' > $@

# Rewritten only when TLS= changes: then other objects are linked.
$(BUILD)/tls.flag: FORCE
	@mkdir -p $(@D)
	@echo '$(TLS)' | cmp -s - $@ || echo '$(TLS)' > $@

define COMPILE
@mkdir -p $(@D)
@echo "  CC    $@"
$(Q)$(CC) $1 -c -o $@ $<
endef

$(BUILD)/obj/lib/%.o: lib/%.c $(BUILD)/flags
	$(call COMPILE,$(LIB_FLAGS) $(CFLAGS))

$(BUILD)/pic/lib/%.o: lib/%.c $(BUILD)/flags
	$(call COMPILE,$(LIB_FLAGS) $(CFLAGS) -fPIC)

$(BUILD)/obj/examples/%.o: APP_FLAGS += -Iexamples

$(BUILD)/obj/examples/common/tls-$(TLS).o: APP_FLAGS += $(TLS_CFLAGS)

$(BUILD)/obj/tests/test_%.o: APP_FLAGS += $(CMOCKA_CFLAGS)

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	$(call COMPILE,$(APP_FLAGS) $(CFLAGS))

$(LIB): $(LIB_OBJ)
	@echo "  AR    $@"
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(SO): $(SO_OBJ)
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(SO_FLAGS) -o $@ $^

LINK = @mkdir -p $(@D); echo "  LINK  $@"; $(if $(V),set -x;) \
       $(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $(filter %.o,$^) $(LIB)

# An example is one file, or a folder of them and what they have in common.
define EXAMPLE
$(BUILD)/examples/$1: $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard examples/$1.c examples/$1/*.c) \
    $(if $(wildcard examples/$1/*.c),$(EXAMPLES_COMMON))) $(if $(wildcard examples/$1/*.c),$(BUILD)/tls.flag) $(LIB)
	$$(LINK) $(if $(wildcard examples/$1/*.c),$$(TLS_LIBS))
endef
$(foreach name,$(EXAMPLES),$(eval $(call EXAMPLE,$(name))))

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(LIB)
	$(LINK) $(CMOCKA_LIBS)

$(BUILD)/fuzz/%: $(BUILD)/obj/fuzz/%.o $(FUZZ_MAIN) $(LIB)
	$(LINK)

$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(LIB)
	$(LINK)

# `make -j deps check` installs before it compiles.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
$(BUILD)/obj/tests/%.o: | deps
endif

-include $(shell find $(BUILD)/obj $(BUILD)/pic -name '*.d' 2>/dev/null)

# --- tests

unit: $(TESTS) ## build and run the cmocka tests
	@sh tests/run $(TESTS)

check: all $(TESTS) $(FUZZ) ## run every test: cmocka, end to end, headers, what is installed, code in the pages, fuzz seeds
	@sh tests/run $(TESTS) $(sort $(wildcard tests/e2e/*.sh tests/e2e/*.py)) tests/headers tests/installed \
	    tests/lint/man-code tests/lint/registry $(if $(FUZZ),fuzz/replay)

deps: ## install what the tests need (cmocka), through the system's package manager
	@sh tests/deps

asan: ## run the cmocka tests under AddressSanitizer and UBSan, with gcc and with clang
	+@for cc in gcc clang; do \
	    command -v $$cc >/dev/null || { echo "skipped: no $$cc"; test "$$CI" != true || exit 1; continue; }; \
	    $(MAKE) CC=$$cc BUILD=$(BUILD)/asan-$$cc \
	        CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all" unit || \
	    exit 1; \
	done

clang: ## build everything and run the cmocka tests with clang
	$(MAKE) CC=clang BUILD=$(BUILD)/clang all unit

m32: ## build for 32 bits and run the fuzz seeds there, where the compiler can
	+@sh tests/m32

coverage: ## lines and branches of lib/ that the cmocka tests reach; fails under COVERAGE_MIN percent of lines
	@rm -rf $(BUILD)/coverage
	$(MAKE) CC=gcc BUILD=$(BUILD)/coverage CFLAGS="-O0 -g --coverage" unit
	@sh tests/coverage $(BUILD)/coverage $(COVERAGE_MIN)

mutants: ## put known mistakes into copies of the code, one at a time, and see the tests catch each
	@sh tests/mutants/run

fuzz: ## fuzz each target for T seconds (60): libFuzzer where clang has it, the standalone driver elsewhere
	+@sh fuzz/run $(T)

fuzz-standalone: $(FUZZ) ## build the fuzz targets with any compiler, to build/fuzz/

seeds: $(FUZZ) ## run each fuzz seed once
	@sh fuzz/replay

demo: all ## send two messages to serve, show both dialogues, and compare what was stored
	sh tests/e2e/demo.sh $(BUILD)

interop: all ## exchange mail with other programs, servers among them
	tests/interop/run $(BUILD)

interop-quick: all ## the quick part of it, for CI: nothing over 1 MiB, fewer messages
	tests/interop/run $(BUILD) quick

# --- checks of the source

lint: $(LIB) ## check the source: layers, the contract, symbols, pages, text, format; and the checks themselves
	@status=0; for check in rooms contract symbols text tools selftest; do \
	    echo "lint: $$check"; sh tests/lint/$$check || status=1; done; exit $$status

format: ## put every C file into the project's format
	clang-format -i $$(find include lib examples tests fuzz -name '*.[ch]')

# --- numbers

bench: $(BENCH) ## build and run the benchmarks
	@for bench in $(BENCH); do echo "== $$bench"; $$bench || exit 1; done

size: ## octets of code and constants, an object a line, at -Os
	@$(MAKE) BUILD=$(BUILD)/size CFLAGS="-Os -fno-asynchronous-unwind-tables" SHARED=0 lib >/dev/null
	@size $(BUILD)/size/obj/lib/*/*.o | awk 'NR > 1 {sub(/.*obj\//, "", $$6); printf "%7d %s\n", $$1, $$6; total += $$1} \
	    END {printf "%7d total\n", total}'

# --- installation

install: lib ## install libraries, headers, pages and libehlo.pc under DESTDIR and PREFIX (/usr/local)
	install -d "$(DESTDIR)$(LIBDIR)/pkgconfig" "$(DESTDIR)$(INCLUDEDIR)/ehlo"
	install -m 644 $(LIB) "$(DESTDIR)$(LIBDIR)"
ifneq ($(SO),)
	install -m 755 $(SO) "$(DESTDIR)$(LIBDIR)"
	ln -sf $(notdir $(SO)) "$(DESTDIR)$(LIBDIR)/$(SONAME)"
	ln -sf $(SONAME) "$(DESTDIR)$(LIBDIR)/libehlo.so"
endif
	sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|; s|=$(PREFIX)/|=$${prefix}/|' \
	    -e 's|@VERSION@|$(VERSION)|' lib/libehlo.pc.in > "$(DESTDIR)$(LIBDIR)/pkgconfig/libehlo.pc"
	for header in $(HEADERS); do install -m 644 $$header "$(DESTDIR)$(INCLUDEDIR)/$${header#*/}" || exit 1; done
	for page in $(PAGES); do section="$(DESTDIR)$(MANDIR)/man$${page##*.}"; \
	    install -d "$$section" && install -m 644 $$page "$$section" || exit 1; done

uninstall: ## remove what install has put there; DESTDIR and PREFIX as they were then
	for file in libehlo.a libehlo.so $(SONAME) libehlo.so.$(VERSION) pkgconfig/libehlo.pc; do \
	    rm -f "$(DESTDIR)$(LIBDIR)/$$file" || exit 1; done
	for header in $(HEADERS); do rm -f "$(DESTDIR)$(INCLUDEDIR)/$${header#*/}" || exit 1; done
	for page in $(PAGES); do rm -f "$(DESTDIR)$(MANDIR)/man$${page##*.}/$${page#*/}" || exit 1; done
	rmdir "$(DESTDIR)$(INCLUDEDIR)/ehlo" 2>/dev/null || true

clean: ## remove build/
	rm -rf $(BUILD)
