/* SPDX-License-Identifier: ISC
 *
 * Scripted verdicts: read at the start, searched in order at each question.
 */
#define _POSIX_C_SOURCE 200809L
#include "verdict.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct verdict {
    struct verdict *next;
    enum verdict_stage stage;
    char *
        address; /* NULL: any; connect and starttls: as inet_ntop writes it; mail and later: a path in angle brackets */
    char *wire;  /* what `reply` points into */
    struct ehlo_reply reply;
};

/* By VERDICT_: the stage's name, and the codes that say yes to it. */
static const struct {
    char name[12];
    uint16_t yes[2];
} stages[] = {
    {"connect", {220}}, {"starttls", {220}},  {"helo", {250}}, {"auth", {235}},
    {"mail", {250}},    {"rcpt", {250, 251}}, {"data", {354}}, {"end", {250}},
};

/*
 * A status of another class than the code's was read as text (RFC 2034, section 4): it is a slip. And the reply must
 * still fit a line with the status that the library puts into it.
 */
static int may_say(enum verdict_stage stage, const struct ehlo_reply *reply)
{
    struct ehlo_reply worded = *reply;
    uint16_t status[3];
    size_t used;

    if (worded.status[0] == 0 && worded.code / 100 != 3)
        worded.status[0] = worded.code / 100;
    return (reply->code >= 400 || reply->code == stages[stage].yes[0] || reply->code == stages[stage].yes[1]) &&
           ehlo_status_parse(status, reply->text.data, reply->text.size, &used) != 0 &&
           ehlo_reply_format(NULL, 0, &used, &worded, 0) == EHLO_E_SPACE;
}

/* The address between `text` and `end`, in the one form that it is compared in; NULL when it is none. */
static char *read_address(enum verdict_stage stage, const char *text, const char *end)
{
    unsigned char octets[16];
    struct ehlo_path path;
    size_t size, used;
    char *address;

    if (end - text >= 2 && *text == '<' && end[-1] == '>') {
        text++;
        end--;
    }
    if (stage <= VERDICT_STARTTLS && end - text >= 2 && *text == '[' && end[-1] == ']') {
        text++;
        end--;
    }
    size = (size_t)(end - text);
    address = calloc(1, size + INET6_ADDRSTRLEN);
    if (address == NULL)
        return NULL;
    if (stage < VERDICT_MAIL) {
        memcpy(address, text, size);
        if (stage > VERDICT_STARTTLS ||
            (inet_pton(AF_INET, address, octets) == 1 &&
             inet_ntop(AF_INET, octets, address, INET_ADDRSTRLEN) != NULL) ||
            (inet_pton(AF_INET6, address, octets) == 1 &&
             inet_ntop(AF_INET6, octets, address, INET6_ADDRSTRLEN) != NULL))
            return address;
    } else {
        address[0] = '<';
        memcpy(address + 1, text, size);
        address[size + 1] = '>';
        if (ehlo_path_parse(&path, address, size + 2, VERDICT_RULES, &used) == 0 && used == size + 2)
            return address;
    }
    free(address);
    return NULL;
}

/* The reply is written as on the wire, but for the last CRLF. */
static int read_reply(struct verdict *verdict, const char *text)
{
    size_t size = strlen(text), used;

    verdict->wire = malloc(size + 3);
    if (verdict->wire == NULL)
        return -1;
    memcpy(verdict->wire, text, size);
    memcpy(verdict->wire + size, "\r\n", 3);
    memset(&verdict->reply, 0, sizeof verdict->reply);
    verdict->reply.size = sizeof verdict->reply;
    if (ehlo_reply_parse(&verdict->reply, verdict->wire, size + 2, 0, &used) == 0 && used == size + 2 &&
        verdict->reply.lines == 1 && may_say(verdict->stage, &verdict->reply))
        return 0;
    free(verdict->wire);
    verdict->wire = NULL;
    return -1;
}

/* `[:ADDR]=REPLY`. An address may have a "=" in it: the right one has a reply behind it. */
static int read_rest(struct verdict *verdict, const char *text)
{
    const char *equals;

    if (*text == '=')
        return read_reply(verdict, text + 1);
    if (*text != ':')
        return -1;
    for (equals = strchr(text, '='); equals != NULL; equals = strchr(equals + 1, '=')) {
        if (read_reply(verdict, equals + 1) != 0)
            continue;
        verdict->address = read_address(verdict->stage, text + 1, equals);
        if (verdict->address != NULL)
            return 0;
        free(verdict->wire);
        verdict->wire = NULL;
    }
    return -1;
}

int verdict_add(struct verdict **list, const char *text)
{
    struct verdict *verdict = calloc(1, sizeof *verdict);
    size_t length = strcspn(text, ":="), i;

    if (verdict == NULL)
        return -1;
    for (i = 0; i < sizeof stages / sizeof stages[0]; i++)
        if (strlen(stages[i].name) == length && memcmp(stages[i].name, text, length) == 0)
            break;
    verdict->stage = (enum verdict_stage)i;
    if (i == sizeof stages / sizeof stages[0] || read_rest(verdict, text + length) != 0) {
        free(verdict);
        return -1;
    }
    while (*list != NULL)
        list = &(*list)->next;
    *list = verdict;
    return 0;
}

void verdict_free(struct verdict *list)
{
    struct verdict *next;

    for (; list != NULL; list = next) {
        next = list->next;
        free(list->address);
        free(list->wire);
        free(list);
    }
}

static int same_path(const char *one, const char *other)
{
    struct ehlo_path a, b;
    size_t used;

    return ehlo_path_parse(&a, one, strlen(one), VERDICT_RULES, &used) == 0 &&
           ehlo_path_parse(&b, other, strlen(other), VERDICT_RULES, &used) == 0 && ehlo_path_equal(&a, &b);
}

static int matches(const struct verdict *verdict, const char *subject)
{
    if (verdict->address == NULL)
        return 1;
    if (verdict->stage < VERDICT_MAIL)
        return strcasecmp(verdict->address, subject) == 0;
    return same_path(verdict->address, subject);
}

const struct ehlo_reply *verdict_find(const struct verdict *list, enum verdict_stage stage, const char *subjects,
                                      size_t size)
{
    const char *subject;

    for (; list != NULL; list = list->next)
        if (list->stage == stage)
            for (subject = subjects; subject < subjects + size; subject += strlen(subject) + 1)
                if (matches(list, subject))
                    return &list->reply;
    return NULL;
}
