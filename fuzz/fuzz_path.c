/* SPDX-License-Identifier: ISC
 *
 * Paths, mailboxes, domains and literals: what parses also formats and parses back, and a fault is the first one.
 */
#include <ehlo/address.h>
#include <stdlib.h>
#include <string.h>

#include "require.h"

static char out[65536];

/* Text is what a local-part means: quoting it anew must not change that. */
static void round_local_part(struct ehlo_span local, uint32_t rules)
{
    char text[4096], wire[8192];
    struct ehlo_span quoted;
    size_t length, again;
    int error;

    if (local.size > sizeof text)
        return;
    require(ehlo_local_part_unquote(text, sizeof text, &length, local.data, local.size) == 0 && length <= local.size);
    error = ehlo_local_part_quote(wire, sizeof wire, &quoted.size, text, length, rules | EHLO_ALLOW_LONG_LOCAL);
    require(error == 0);
    quoted.data = wire;
    require(ehlo_local_part_unquote(out, sizeof out, &again, quoted.data, quoted.size) == 0);
    require(again == length && memcmp(out, text, length) == 0);
}

static void round_path(const struct ehlo_path *path, uint32_t rules)
{
    const uint32_t dropped = EHLO_PATH_ROUTED | EHLO_PATH_UTF8;
    struct ehlo_path again;
    size_t length, used;

    require(ehlo_path_format(out, sizeof out, &length, path, rules) == 0);
    require(ehlo_path_parse(&again, out, length, rules, &used) == 0 && used == length);
    require(ehlo_path_equal(path, &again) && ehlo_path_equal(&again, path));
    require((path->kind & ~dropped) == (again.kind & ~dropped));
    if (!(path->kind & EHLO_PATH_NULL))
        round_local_part(path->local, rules);
}

static void try_path(const char *in, size_t size, uint32_t rules)
{
    struct ehlo_path path, other;
    size_t used, at;
    int error = ehlo_path_parse(&path, in, size, rules, &used);

    require(used <= size);
    inside(path.local, in, size);
    inside(path.domain, in, size);
    ehlo_path_parse(&other, in, used, rules, &at);
    require(at == used);
    if (error == 0) {
        round_path(&path, rules);
        return;
    }
    require(path.local.data == NULL && path.domain.data == NULL && path.kind == 0);
    if (used < size)
        require(ehlo_path_parse(&other, in, used + 1, rules, &at) == error && at == used);
}

static void try_literal(const char *in, size_t size, uint32_t rules)
{
    struct ehlo_literal literal, again;
    size_t used, length, octets;

    if (ehlo_literal_parse(&literal, in, size, rules, &used) != 0 || literal.kind == EHLO_LITERAL_GENERAL) {
        require(used <= size);
        return;
    }
    octets = literal.kind == EHLO_LITERAL_IPV4 ? 4 : 16;
    require(ehlo_literal_format(out, 47, &length, literal.address, octets) == 0);
    require(ehlo_literal_parse(&again, out, length, 0, &used) == 0);
    require(again.kind == literal.kind && memcmp(again.address, literal.address, 16) == 0);
}

static void try_rules(const char *in, size_t size, uint32_t rules)
{
    struct ehlo_path path;
    uint32_t kind;
    size_t used, at;

    try_path(in, size, rules);
    if (ehlo_mailbox_parse(&path, in, size, rules, &used) == 0)
        round_path(&path, rules);
    ehlo_domain_parse(in, size, rules, &kind, &used);
    require(used <= size);
    ehlo_domain_parse(in, used, rules, &kind, &at);
    require(at == used);
    try_literal(in, size, rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *in = (const char *)data;
    uint32_t flag;

    try_rules(in, size, 0);
    try_rules(in, size, EHLO_UTF8);
    try_rules(in, size, EHLO_ALLOW_ALL);
    try_rules(in, size, EHLO_UTF8 | EHLO_ALLOW_ALL);
    for (flag = 1; flag <= EHLO_ALLOW_ALL; flag <<= 1)
        if (flag & EHLO_ALLOW_ALL) {
            try_rules(in, size, flag);
            try_rules(in, size, EHLO_UTF8 | (EHLO_ALLOW_ALL & ~flag));
        }
    return 0;
}
