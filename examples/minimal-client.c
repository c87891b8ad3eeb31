/* SPDX-License-Identifier: ISC
 * minimal-client PORT FROM TO <MESSAGE: sends a message to 127.0.0.1. Static memory: read this first.
 */
#include <arpa/inet.h>
#include <ehlo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static uint64_t block[EHLO_CLIENT_SIZE / sizeof(uint64_t)];
static char input[EHLO_CLIENT_LINE_MAX], output[512], piece[512];

static void deliver(int fd, const struct ehlo_mail *mail, struct ehlo_rcpt *rcpt)
{
    struct ehlo_client *client;
    struct ehlo_client_config config = {.size = sizeof config, .hello = {"[127.0.0.1]", 11}};
    struct ehlo_event event = {.size = sizeof event};
    size_t have = 0, used;
    ssize_t n;

    if (ehlo_client_init(&client, block, sizeof block, &config) != 0)
        return;
    while (ehlo_client_next(client, input, have, &used, &event) >= 0) {
        if ((event.type == EHLO_EVENT_READY && ehlo_client_send(client, mail, rcpt, 1) != 0) ||
            (event.type == EHLO_EVENT_RESULT && ehlo_client_quit(client) != 0))
            return;
        if (ehlo_client_want(client) & EHLO_WANT_BODY)
            if ((n = read(0, piece, sizeof piece)) < 0 || ehlo_client_body(client, piece, (size_t)n, n == 0) != 0)
                return;
        while ((n = (ssize_t)ehlo_client_read(client, output, sizeof output)) > 0)
            if (send(fd, output, (size_t)n, MSG_NOSIGNAL) != n)
                return;
        memmove(input, input + used, have -= used); /* not before: the event points into it */
        if ((ehlo_client_want(client) & (EHLO_WANT_INPUT | EHLO_WANT_BODY)) == EHLO_WANT_INPUT) {
            if ((n = recv(fd, input + have, sizeof input - have, 0)) <= 0)
                return;
            have += (size_t)n;
        }
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct ehlo_mail mail = {.size = sizeof mail};
    struct ehlo_rcpt rcpt = {.size = sizeof rcpt};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    size_t at;

    if (argc != 4 || ehlo_mailbox_parse(&mail.path, argv[2], strlen(argv[2]), 0, &at) != 0 ||
        ehlo_mailbox_parse(&rcpt.path, argv[3], strlen(argv[3]), 0, &at) != 0)
        return fprintf(stderr, "usage: minimal-client PORT FROM TO <MESSAGE\n"), 64;
    to.sin_port = htons((uint16_t)atoi(argv[1]));
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        return perror("minimal-client"), 75;
    deliver(fd, &mail, &rcpt);
    return printf("%s: %u\n", argv[3], rcpt.code), rcpt.outcome == EHLO_OUTCOME_DELIVERED ? 0 : 1;
}
