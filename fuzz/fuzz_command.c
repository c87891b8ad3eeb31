/* SPDX-License-Identifier: ISC
 *
 * Command lines: what parses also formats and parses back to the same command, and every span lies in the line.
 */
#include <ehlo/command.h>
#include <stdlib.h>
#include <string.h>

#include "require.h"

static char out[65536];

static void try_params(struct ehlo_span list, uint32_t rules)
{
    struct ehlo_span rest = list;
    struct ehlo_param param, found;
    uint64_t number;
    size_t at, length;
    int more;

    while ((more = ehlo_param_next(&rest, &param, rules, &at)) > 0) {
        inside(param.keyword, list.data, list.size);
        inside(param.value, list.data, list.size);
        require(ehlo_param_find(&list, param.keyword.data, param.keyword.size, &found) &&
                found.keyword.data == param.keyword.data);
        require(ehlo_param_format(out, sizeof out, &length, &param, rules) == 0);
        require(length == 1 + param.keyword.size + (param.value.data == NULL ? 0 : 1 + param.value.size));
        ehlo_number_parse(param.value.data, param.value.size, &number);
    }
    require(more == 0);
}

static void round_command(const struct ehlo_command *command, uint32_t rules)
{
    struct ehlo_command again;
    size_t length, at;

    require(ehlo_command_format(out, sizeof out, &length, command, rules) == 0);
    require(length >= 3 && memcmp(out + length - 2, "\r\n", 2) == 0);
    require(memchr(out, '\n', length - 1) == NULL && memchr(out, '\r', length - 2) == NULL);
    require(ehlo_command_parse(&again, out, length - 2, rules, &at) == 0);
    require(again.verb == command->verb && same(again.params, command->params));
    require(again.octets == command->octets && again.last == command->last);
    if (command->verb == EHLO_VERB_MAIL || command->verb == EHLO_VERB_RCPT)
        require(ehlo_path_equal(&again.path, &command->path));
    else
        require(same(again.argument, command->argument));
}

static void try_rules(const char *in, size_t size, uint32_t rules)
{
    struct ehlo_command command;
    size_t at;
    int error = ehlo_command_parse(&command, in, size, rules, &at);

    require(error <= 0 && at <= size);
    inside(command.name, in, size);
    inside(command.argument, in, size);
    inside(command.path.local, in, size);
    inside(command.path.domain, in, size);
    inside(command.params, in, size);
    require((command.name.size > 0) == (error != EHLO_E_VERB));
    if (error != 0)
        return;
    if (command.verb == EHLO_VERB_MAIL || command.verb == EHLO_VERB_RCPT)
        try_params(command.params, rules);
    round_command(&command, rules);
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
        if (flag & EHLO_ALLOW_ALL)
            try_rules(in, size, EHLO_UTF8 | flag);
    return 0;
}
