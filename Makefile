# libehlo. GNU make; `make help` lists the targets. Everything that is built goes under build/.
# Honoured: CC AR CFLAGS LDFLAGS PREFIX DESTDIR; WERROR=1 makes warnings errors; V=1 shows the commands.

BUILD = build
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
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

LIB = $(BUILD)/libehlo.a
LIB_SRC = $(wildcard lib/*/*.c)
LIB_OBJ = $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
EXAMPLES = $(sort $(patsubst examples/%.c,%,$(wildcard examples/*.c)) \
                  $(patsubst examples/%/,%,$(dir $(wildcard examples/*/*.c))))
TESTS = $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/test_*.c)))
FUZZ = $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard fuzz/fuzz_*.c)))
BENCH = $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(sort $(wildcard tests/bench/bench_*.c)))
# the driver with main() behind a fuzz target; empty when the compiler brings one
FUZZ_MAIN = $(BUILD)/obj/fuzz/standalone.o

export CC CXX BUILD MAKE

.PHONY: all help lib examples unit check deps asan clang m32 coverage mutants fuzz fuzz-standalone seeds demo interop \
        lint format bench size install clean FORCE
.SECONDARY:
.DELETE_ON_ERROR:

all: lib examples ## build the library and the examples (the default)

lib: $(LIB) ## build build/libehlo.a alone

examples: $(EXAMPLES:%=$(BUILD)/examples/%) ## build the examples, to build/examples/

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-16s %s\n", $$1, $$2}' Makefile

# --- how things are built

# Rewritten only when the compiler or its flags change, and then everything is built anew.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(COMMON) $(CFLAGS)' | cmp -s - $@ || echo '$(CC) $(COMMON) $(CFLAGS)' > $@

$(BUILD)/obj/lib/%.o: lib/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(LIB_FLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/obj/tests/test_%.o: APP_FLAGS += $(CMOCKA_CFLAGS)

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(APP_FLAGS) $(CFLAGS) -c -o $@ $<

$(LIB): $(LIB_OBJ)
	@echo "  AR    $@"
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

LINK = @mkdir -p $(@D); echo "  LINK  $@"; $(if $(V),set -x;) \
       $(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $(filter %.o,$^) $(LIB)

# An example is one file, or a folder of them.
define EXAMPLE
$(BUILD)/examples/$1: $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard examples/$1.c examples/$1/*.c)) $(LIB)
	$$(LINK)
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

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# --- tests

unit: $(TESTS) ## build and run the cmocka tests
	@sh tests/run $(TESTS)

check: all $(TESTS) $(FUZZ) ## run every test: cmocka, end to end, headers, code in the pages, fuzz seeds
	@sh tests/run $(TESTS) $(sort $(wildcard tests/e2e/*.sh tests/e2e/*.py)) tests/headers tests/lint/man-code \
	    $(if $(FUZZ),fuzz/replay)

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

demo: all ## deliver a message to serve over a plain TCP dialogue, and compare what was stored
	sh tests/e2e/demo.sh $(BUILD)

interop: all ## exchange mail with other programs
	tests/interop/run $(BUILD)

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
	@$(MAKE) BUILD=$(BUILD)/size CFLAGS="-Os -fno-asynchronous-unwind-tables" lib >/dev/null
	@size $(BUILD)/size/obj/lib/*/*.o | awk 'NR > 1 {sub(/.*obj\//, "", $$6); printf "%7d %s\n", $$1, $$6; total += $$1} \
	    END {printf "%7d total\n", total}'

# --- installation

install: $(LIB) ## install the library, headers and pages under DESTDIR and PREFIX (/usr/local)
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include/ehlo
	install -m 644 $(LIB) $(DESTDIR)$(PREFIX)/lib
	install -m 644 include/ehlo.h $(DESTDIR)$(PREFIX)/include
	install -m 644 include/ehlo/*.h $(DESTDIR)$(PREFIX)/include/ehlo
	version=$$(awk '/^#define EHLO_VERSION / {printf "%d.%d.%d", $$3 / 10000, $$3 / 100 % 100, $$3 % 100}' \
	    include/ehlo/base.h); sed "s|@PREFIX@|$(PREFIX)|; s|@VERSION@|$$version|" lib/libehlo.pc.in \
	    > $(DESTDIR)$(PREFIX)/lib/pkgconfig/libehlo.pc
	for page in $(wildcard man/*.[1-9]); do section=$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}; \
	    install -d $$section && install -m 644 $$page $$section || exit 1; done

clean: ## remove build/
	rm -rf $(BUILD)
