/* SPDX-License-Identifier: ISC
 *
 * Commands a second through the whole server facade with a handler, as a ratio to a loop that only finds CRLF and
 * switches on four letters; and the sizes of what a session keeps.
 */
#define _POSIX_C_SOURCE 200809L
#include <ehlo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    ROUNDS = 9,
    SESSIONS = 2000
};

static const char session[] = "MAIL FROM:<sender@example.org> SIZE=1234 BODY=8BITMIME\r\n"
                              "RCPT TO:<first.recipient@example.com>\r\n"
                              "RCPT TO:<second.recipient@example.com>\r\n"
                              "RSET\r\n"
                              "NOOP\r\n"
                              "MAIL FROM:<\"quoted local\"@example.org>\r\n"
                              "RCPT TO:<someone@[IPv6:2001:db8::1]>\r\n"
                              "RSET\r\n";
enum {
    COMMANDS = 8
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned count; /* what the loops found, so that they are not thrown away */

static void least(const char *in, size_t size)
{
    const char *end, *p = in;

    while ((end = memchr(p, '\n', size - (size_t)(p - in))) != NULL) {
        switch (p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]) {
        case 'M' << 24 | 'A' << 16 | 'I' << 8 | 'L':
        case 'R' << 24 | 'C' << 16 | 'P' << 8 | 'T':
        case 'R' << 24 | 'S' << 16 | 'E' << 8 | 'T':
            count += end[-1] == '\r';
            break;
        default:
            break;
        }
        p = end + 1;
    }
}

static int handle(void *user, const struct ehlo_event *event)
{
    count += event->type;
    return event->ticket != 0 && ehlo_server_answer(user, event->ticket, NULL) == 0;
}

static void facade(struct ehlo_server *server, const char *in, size_t size)
{
    char out[512];
    size_t used, at = 0;

    while (at < size) {
        ehlo_server_feed(server, in + at, size - at, &used, handle, server);
        at += used;
        while (ehlo_server_read(server, out, sizeof out) > 0)
            ;
    }
}

static void grammar(const char *in, size_t size)
{
    struct ehlo_command command;
    struct ehlo_parser parser;
    struct ehlo_span line;
    size_t used, at;

    ehlo_parser_init(&parser, 512);
    while (size > 0 && ehlo_parser_line(&parser, in, size, &used, &line) == 1) {
        count += ehlo_command_parse(&command, line.data, line.size, 0, &at) == 0;
        in += used;
        size -= used;
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

int main(void)
{
    static uint64_t block[EHLO_SERVER_SIZE / sizeof(uint64_t)];
    struct ehlo_server_config config = {
        .size = sizeof config, .hostname = {"mx.example.org", 14}, .command_max = UINT32_MAX};
    struct ehlo_server *server;
    double seconds[3][ROUNDS], start;
    int round, i, which;
    static const char *const names[] = {"least loop", "grammar", "server facade"};

    if (ehlo_server_init(&server, block, sizeof block, &config) != 0)
        return 1;
    facade(server, "EHLO client.example\r\n", 21);
    for (round = 0; round < ROUNDS; round++) {
        for (which = 0; which < 3; which++) {
            start = now();
            for (i = 0; i < SESSIONS; i++) {
                if (which == 0)
                    least(session, sizeof session - 1);
                else if (which == 1)
                    grammar(session, sizeof session - 1);
                else
                    facade(server, session, sizeof session - 1);
            }
            seconds[which][round] = now() - start;
        }
    }
    printf("%-16s %14s %8s\n", "commands", "million/s", "ratio");
    for (which = 0; which < 3; which++)
        qsort(seconds[which], ROUNDS, sizeof(double), by_size);
    for (which = 0; which < 3; which++)
        printf("%-16s %14.2f %8.3f\n", names[which], SESSIONS * COMMANDS / seconds[which][ROUNDS / 2] / 1e6,
               seconds[0][ROUNDS / 2] / seconds[which][ROUNDS / 2]);
    config.output_size = 128;
    printf("\n%-40s %6s\n", "octets", "");
    printf("%-40s %6zu\n", "server, output buffer of 1024 (default)", ehlo_server_size(NULL));
    printf("%-40s %6zu\n", "server, output buffer of 128", ehlo_server_size(&config));
    printf("%-40s %6zu\n", "input buffer", ehlo_server_line_max(&config));
    printf("%-40s %6zu\n", "struct ehlo_event", sizeof(struct ehlo_event));
    printf("%-40s %6zu\n", "struct ehlo_server_config", sizeof(struct ehlo_server_config));
    printf("%-40s %6zu\n", "struct ehlo_unstuff", sizeof(struct ehlo_unstuff));
    return count == 0;
}
