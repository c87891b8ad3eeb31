/* SPDX-License-Identifier: ISC
 *
 * Received and Return-Path fields (RFC 5321, section 4.4). Each clause stands on a line of its own, so that no line is
 * over 998 octets as long as no value is.
 */
#include <ehlo/trace.h>

#include "codec/writer.h"
#include "grammar/grammar.h"
#include "trace/date.h"

#define PATH_OCTETS 980 /* leaves room for what stands beside it in a line of 998 octets (RFC 5322, section 2.1.1) */

/* A path comes from a session that was as lenient as its program wished; it is taken here as it was taken there. */
#define PATH_RULES (EHLO_UTF8 | EHLO_ALLOW_ALL)

static int check_atom(struct ehlo_span atom)
{
    size_t i;

    for (i = 0; i < atom.size; i++)
        if (atom.data[i] == '.' || atom.data[i] == ':' || atom.data[i] == '@' || atom.data[i] == '[' ||
            atom.data[i] == ']')
            return EHLO_E_VALUE;
    return ehlo_name_check(atom);
}

/* A literal may hold a parenthesis too, so it is held to the rules of a name as well. */
static int check_address(struct ehlo_span address)
{
    struct ehlo_literal literal;
    size_t used;

    if (ehlo_literal_parse(&literal, address.data, address.size, 0, &used) != 0)
        return EHLO_E_VALUE;
    return ehlo_name_check(address);
}

static int check_path(const struct ehlo_path *path)
{
    size_t length;
    int error = ehlo_path_format(NULL, 0, &length, path, PATH_RULES);

    if (error != EHLO_E_SPACE)
        return error;
    return length > PATH_OCTETS ? EHLO_E_PATH_LONG : 0;
}

static int check_received(const struct ehlo_received *received)
{
    int error;

    if (received->size < sizeof *received)
        return EHLO_E_ARGUMENT;
    if ((error = ehlo_date_check(received->time, received->zone)) != 0 ||
        (error = ehlo_name_check(received->hello)) != 0 || (error = ehlo_name_check(received->by)) != 0 ||
        (error = check_atom(received->with)) != 0)
        return error;
    if (received->client.size > 0 && (error = ehlo_name_check(received->client)) != 0)
        return error;
    if (received->address.size > 0 && (error = check_address(received->address)) != 0)
        return error;
    if (received->id.size > 0 && (error = check_atom(received->id)) != 0)
        return error;
    return received->recipient != NULL ? check_path(received->recipient) : 0;
}

static void put_client(struct ehlo_writer *writer, const struct ehlo_received *received)
{
    if (received->client.size == 0 && received->address.size == 0)
        return;
    ehlo_put_string(writer, " (");
    ehlo_put_span(writer, received->client);
    if (received->client.size > 0 && received->address.size > 0)
        ehlo_put_octet(writer, ' ');
    ehlo_put_span(writer, received->address);
    ehlo_put_octet(writer, ')');
}

static void put_received(struct ehlo_writer *writer, const struct ehlo_received *received)
{
    ehlo_put_string(writer, "Received: from ");
    ehlo_put_span(writer, received->hello);
    put_client(writer, received);
    ehlo_put_string(writer, "\r\n\tby ");
    ehlo_put_span(writer, received->by);
    ehlo_put_string(writer, " with ");
    ehlo_put_span(writer, received->with);
    if (received->id.size > 0) {
        ehlo_put_string(writer, " id ");
        ehlo_put_span(writer, received->id);
    }
    if (received->recipient != NULL) {
        ehlo_put_string(writer, "\r\n\tfor ");
        ehlo_path_put(writer, received->recipient);
    }
    ehlo_put_string(writer, ";\r\n\t");
    ehlo_date_put(writer, received->time, received->zone);
    ehlo_put_string(writer, "\r\n");
}

int ehlo_received_format(char *out, size_t capacity, size_t *length, const struct ehlo_received *received)
{
    struct ehlo_writer writer;
    int error;

    *length = 0;
    if ((error = check_received(received)) != 0)
        return error;
    ehlo_writer_count(&writer);
    put_received(&writer, received);
    error = ehlo_writer_room(&writer, out, capacity, length);
    if (error == 0)
        put_received(&writer, received);
    return error;
}

static void put_return_path(struct ehlo_writer *writer, const struct ehlo_path *reverse_path)
{
    ehlo_put_string(writer, "Return-Path: ");
    ehlo_path_put(writer, reverse_path);
    ehlo_put_string(writer, "\r\n");
}

int ehlo_return_path_format(char *out, size_t capacity, size_t *length, const struct ehlo_path *reverse_path)
{
    struct ehlo_writer writer;
    int error;

    *length = 0;
    if ((error = check_path(reverse_path)) != 0)
        return error;
    ehlo_writer_count(&writer);
    put_return_path(&writer, reverse_path);
    error = ehlo_writer_room(&writer, out, capacity, length);
    if (error == 0)
        put_return_path(&writer, reverse_path);
    return error;
}
