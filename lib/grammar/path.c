/* SPDX-License-Identifier: ISC
 *
 * Paths and mailboxes (RFC 5321, section 4.1.2).
 */
#include <string.h>

#include "codec/ascii.h"
#include "codec/writer.h"
#include "grammar/grammar.h"

#define PATH_OCTETS 256                  /* RFC 5321, section 4.5.3.1.3 */
#define MAILBOX_OCTETS (PATH_OCTETS - 2) /* two octets of a path are its brackets */

static const char postmaster[] = "Postmaster";

/* A local-part without a domain is for Postmaster, where `postmaster_alone` lets it be, and for the lenient. */
static int take_mailbox(struct ehlo_cursor *cursor, struct ehlo_path *path, int postmaster_alone)
{
    size_t start = cursor->at;
    int octet, error;

    if ((error = ehlo_local_part_scan(cursor)) != 0)
        return error;
    path->local = ehlo_cursor_span(cursor, start);
    if (!ehlo_cursor_take(cursor, '@')) {
        if (ehlo_span_is(path->local, postmaster, sizeof postmaster - 1))
            cursor->kind |= EHLO_PATH_POSTMASTER;
        if ((cursor->rules & EHLO_ALLOW_NO_DOMAIN) || (postmaster_alone && (cursor->kind & EHLO_PATH_POSTMASTER)))
            return 0;
        octet = ehlo_cursor_peek(cursor);
        return ehlo_cursor_refuse(cursor, octet < 0 || octet == '>' ? EHLO_E_DOMAIN : EHLO_E_CHARACTER);
    }
    start = cursor->at;
    error = ehlo_domain_scan(cursor);
    path->domain = ehlo_cursor_span(cursor, start);
    return error;
}

/* A-d-l and its colon: read, and dropped (RFC 5321, appendix C). */
static int take_route(struct ehlo_cursor *cursor)
{
    int error;

    cursor->kind |= EHLO_PATH_ROUTED;
    do {
        if (!ehlo_cursor_take(cursor, '@'))
            return ehlo_cursor_refuse(cursor, EHLO_E_ROUTE);
        if ((error = ehlo_domain_name_scan(cursor)) != 0)
            return error == EHLO_E_DOMAIN || error == EHLO_E_CHARACTER ? EHLO_E_ROUTE : error;
    } while (ehlo_cursor_take(cursor, ','));
    return ehlo_cursor_take(cursor, ':') ? 0 : ehlo_cursor_refuse(cursor, EHLO_E_ROUTE);
}

static int take_path(struct ehlo_cursor *cursor, struct ehlo_path *path)
{
    const int bracket = ehlo_cursor_take(cursor, '<');
    int error = 0, octet;

    if (!bracket && !(cursor->rules & EHLO_ALLOW_NO_BRACKETS))
        return EHLO_E_BRACKET;
    if (bracket && ehlo_cursor_take(cursor, '>')) {
        cursor->kind |= EHLO_PATH_NULL;
        return 0;
    }
    if (ehlo_cursor_peek(cursor) == '@')
        error = take_route(cursor);
    if (error == 0)
        error = take_mailbox(cursor, path, !(cursor->kind & EHLO_PATH_ROUTED));
    if (error != 0 || (bracket && ehlo_cursor_take(cursor, '>')))
        return error;
    octet = ehlo_cursor_peek(cursor);
    if (bracket)
        return octet < 0 ? EHLO_E_UNCLOSED : ehlo_cursor_refuse(cursor, EHLO_E_CHARACTER);
    return octet < 0 || ehlo_is_blank(octet) ? 0 : ehlo_cursor_refuse(cursor, EHLO_E_CHARACTER);
}

int ehlo_path_scan(struct ehlo_cursor *cursor, struct ehlo_path *path)
{
    const size_t max = ehlo_cursor_peek(cursor) == '<' ? PATH_OCTETS : MAILBOX_OCTETS;
    const size_t start = cursor->at;
    int error;

    cursor->kind = 0;
    memset(path, 0, sizeof *path);
    error = take_path(cursor, path);
    if (!(cursor->rules & EHLO_ALLOW_LONG_PATH))
        error = ehlo_cursor_bound(cursor, start, max, error, EHLO_E_PATH_LONG);
    if (error != 0)
        memset(path, 0, sizeof *path);
    else
        path->kind = cursor->kind;
    return error;
}

int ehlo_path_parse(struct ehlo_path *path, const char *in, size_t size, uint32_t rules, size_t *used)
{
    struct ehlo_cursor cursor = ehlo_cursor_on(in, size, rules);
    int error = ehlo_path_scan(&cursor, path);

    *used = cursor.at;
    return error;
}

int ehlo_mailbox_parse(struct ehlo_path *path, const char *in, size_t size, uint32_t rules, size_t *used)
{
    struct ehlo_cursor cursor = ehlo_cursor_on(in, size, rules);
    int error;

    memset(path, 0, sizeof *path);
    error = take_mailbox(&cursor, path, 0);
    if (error == 0)
        error = ehlo_cursor_finish(&cursor, EHLO_E_CHARACTER);
    if (!(rules & EHLO_ALLOW_LONG_PATH))
        error = ehlo_cursor_bound(&cursor, 0, MAILBOX_OCTETS, error, EHLO_E_PATH_LONG);
    if (error != 0)
        memset(path, 0, sizeof *path);
    else
        path->kind = cursor.kind;
    *used = cursor.at;
    return error;
}

int ehlo_path_check(const struct ehlo_path *path, uint32_t rules)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(path->local, rules);
    size_t used, size = path->local.size;
    uint32_t kind;
    int error;

    if (path->kind & EHLO_PATH_NULL)
        return 0;
    if (path->kind & EHLO_PATH_POSTMASTER) {
        if (path->domain.data != NULL)
            return EHLO_E_DOMAIN;
        return ehlo_span_is(path->local, postmaster, sizeof postmaster - 1) ? 0 : EHLO_E_LOCAL_PART;
    }
    if ((error = ehlo_local_part_scan(&cursor)) != 0 || (error = ehlo_cursor_finish(&cursor, EHLO_E_CHARACTER)) != 0)
        return error;
    if (path->domain.data == NULL) {
        if (!(rules & EHLO_ALLOW_NO_DOMAIN))
            return EHLO_E_DOMAIN;
    } else {
        if ((error = ehlo_domain_parse(path->domain.data, path->domain.size, rules, &kind, &used)) != 0)
            return error;
        size += 1 + path->domain.size;
    }
    return size > MAILBOX_OCTETS && !(rules & EHLO_ALLOW_LONG_PATH) ? EHLO_E_PATH_LONG : 0;
}

void ehlo_path_put(struct ehlo_writer *writer, const struct ehlo_path *path)
{
    ehlo_put_octet(writer, '<');
    if (!(path->kind & EHLO_PATH_NULL)) {
        ehlo_put_span(writer, path->local);
        if (path->domain.data != NULL) {
            ehlo_put_octet(writer, '@');
            ehlo_put_span(writer, path->domain);
        }
    }
    ehlo_put_octet(writer, '>');
}

int ehlo_path_format(char *out, size_t capacity, size_t *length, const struct ehlo_path *path, uint32_t rules)
{
    struct ehlo_writer writer;
    int error;

    *length = 0;
    if ((error = ehlo_path_check(path, rules)) != 0)
        return error;
    ehlo_writer_count(&writer);
    ehlo_path_put(&writer, path);
    error = ehlo_writer_room(&writer, out, capacity, length);
    if (error == 0)
        ehlo_path_put(&writer, path);
    return error;
}

/* The octets of a local-part with its quoting undone, one at a time; -1 at the end. */
static int next_octet(struct ehlo_span *local, int quoted)
{
    if (quoted && local->size > 1 && local->data[0] == '\\') {
        local->data++;
        local->size--;
    }
    if (local->size == 0)
        return -1;
    local->size--;
    return (unsigned char)*local->data++;
}

static int strip_quotes(struct ehlo_span *local)
{
    if (local->size < 2 || local->data[0] != '"' || local->data[local->size - 1] != '"')
        return 0;
    local->data++;
    local->size -= 2;
    return 1;
}

static int same_local_part(struct ehlo_span a, struct ehlo_span b)
{
    const int a_quoted = strip_quotes(&a), b_quoted = strip_quotes(&b);
    int octet;

    do {
        octet = next_octet(&a, a_quoted);
        if (octet != next_octet(&b, b_quoted))
            return 0;
    } while (octet >= 0);
    return 1;
}

int ehlo_path_equal(const struct ehlo_path *a, const struct ehlo_path *b)
{
    const uint32_t bare = EHLO_PATH_NULL | EHLO_PATH_POSTMASTER;

    if ((a->kind & bare) != (b->kind & bare))
        return 0;
    if (a->kind & bare)
        return 1;
    if ((a->domain.data == NULL) != (b->domain.data == NULL))
        return 0;
    return same_local_part(a->local, b->local) && ehlo_span_is(a->domain, b->domain.data, b->domain.size);
}
