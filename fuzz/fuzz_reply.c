/* SPDX-License-Identifier: ISC
 *
 * Replies, their lines and the capabilities in them: what parses also formats and parses back to the same.
 */
#include <ehlo/address.h>
#include <ehlo/extension.h>
#include <ehlo/reply.h>
#include <stdlib.h>
#include <string.h>

#include "require.h"

static char out[65536];

/* A first line alone; its text may have grown by the space behind a status that a tab followed. */
static void round_reply(const struct ehlo_reply *reply, uint32_t rules)
{
    struct ehlo_reply again = {sizeof again, 0, {0, 0, 0}, 0, {NULL, 0}};
    size_t length, used;
    int error = ehlo_reply_format(out, sizeof out, &length, reply, rules);

    if (error != 0) {
        require(error == EHLO_E_TEXT && reply->status[0] != 0 && reply->text.size > 0 && reply->text.data[0] == '\t');
        return;
    }
    require(ehlo_reply_parse(&again, out, length, rules, &used) == 0 && used == length);
    require(again.lines == 1 && again.code == reply->code && same(again.text, reply->text));
    require(memcmp(again.status, reply->status, sizeof again.status) == 0);
}

/* Each line of a whole reply is one by itself. */
static void try_lines(const char *in, size_t size, const struct ehlo_reply *reply, uint32_t rules)
{
    struct ehlo_reply_line line;
    const char *end;
    uint32_t i;
    size_t at;

    for (i = 0; i < reply->lines; i++) {
        end = memchr(in, '\r', size);
        require(end != NULL && ehlo_reply_line_parse(&line, in, (size_t)(end - in), rules, &at) == 0);
        require(line.code == reply->code && line.last == (i + 1 == reply->lines));
        inside(line.text, in, (size_t)(end - in));
        size -= (size_t)(end + 2 - in);
        in = end + 2;
    }
    require(size == 0);
}

static void try_reply(const char *in, size_t size, uint32_t rules)
{
    struct ehlo_reply reply = {sizeof reply, 0, {0, 0, 0}, 0, {NULL, 0}}, other = reply;
    struct ehlo_reply_line line;
    size_t used, at;
    int error = ehlo_reply_parse(&reply, in, size, rules, &used);

    require(used <= size);
    inside(reply.text, in, size);
    if (error == 0) {
        try_lines(in, used, &reply, rules);
        round_reply(&reply, rules);
        require(used == 0 || ehlo_reply_parse(&other, in, used - 1, rules, &at) == EHLO_E_INCOMPLETE);
    } else {
        require(reply.code == 0 && reply.lines == 0 && reply.text.data == NULL);
    }
    ehlo_reply_line_parse(&line, in, size, rules, &at);
    require(at <= size);
}

/* Any text that is taken is one reply, and nothing behind it. */
static void try_text(const char *in, size_t size, uint32_t rules)
{
    struct ehlo_reply reply = {sizeof reply, 550, {5, 1, 1}, 0, {NULL, 0}}, again = reply;
    size_t length, used;

    reply.text.data = in;
    reply.text.size = size;
    if (ehlo_reply_format(out, sizeof out, &length, &reply, rules) != 0)
        return;
    require(ehlo_reply_parse(&again, out, length, rules, &used) == 0 && used == length);
    require(again.code == 550 && again.status[2] == 1);
}

static void try_capability(const char *in, size_t size)
{
    struct ehlo_capability capability, again;
    struct ehlo_span rest, word;
    size_t at, length;

    if (ehlo_capability_parse(&capability, in, size, &at) != 0) {
        require(at <= size && capability.extension == EHLO_EXTENSION_OTHER);
        return;
    }
    inside(capability.keyword, in, size);
    inside(capability.argument, in, size);
    rest = capability.argument;
    while (ehlo_capability_word(&rest, &word))
        require(word.size > 0 && rest.size < capability.argument.size);
    if (ehlo_capability_format(out, sizeof out, &length, &capability) != 0)
        return;
    require(ehlo_capability_parse(&again, out, length, &at) == 0);
    require(again.extension == capability.extension && same(again.argument, capability.argument));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t rules[] = {0, EHLO_UTF8, EHLO_ALLOW_8BIT, EHLO_UTF8 | EHLO_ALLOW_8BIT};
    const char *in = (const char *)data;
    uint16_t status[3];
    size_t i, used;

    for (i = 0; i < sizeof rules / sizeof *rules; i++) {
        try_reply(in, size, rules[i]);
        try_text(in, size, rules[i]);
    }
    try_capability(in, size);
    ehlo_status_parse(status, in, size, &used);
    require(used <= size);
    return 0;
}
