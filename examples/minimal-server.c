/* SPDX-License-Identifier: ISC
 *
 * minimal-server PORT: takes mail on 127.0.0.1 and prints it. One client at a time, static memory: read this first.
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <ehlo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static uint64_t block[EHLO_SERVER_SIZE / sizeof(uint64_t)];
static char input[EHLO_SERVER_LINE_MAX], output[512];

static int handle(void *user, const struct ehlo_event *event)
{
    if (event->type == EHLO_EVENT_BODY)
        fwrite(event->data.data, 1, event->data.size, stdout);
    if (event->type == EHLO_EVENT_RCPT || (event->type == EHLO_EVENT_END && fflush(stdout) == 0 && !ferror(stdout)))
        return ehlo_server_answer((struct ehlo_server *)user, event->ticket, NULL) == 0;
    return 0;
}

static void serve(int fd)
{
    struct ehlo_server *server;
    struct ehlo_server_config config = {.size = sizeof config, .hostname = {"localhost", 9}};
    size_t have = 0, used;
    ssize_t n;

    if (ehlo_server_init(&server, block, sizeof block, &config) != 0)
        return;
    while (!(ehlo_server_want(server) & EHLO_WANT_CLOSE)) {
        ehlo_server_feed(server, input, have, &used, handle, server);
        memmove(input, input + used, have -= used);
        while ((n = (ssize_t)ehlo_server_read(server, output, sizeof output)) > 0)
            if (send(fd, output, (size_t)n, MSG_NOSIGNAL) != n)
                return;
        if (ehlo_server_want(server) & EHLO_WANT_INPUT) {
            if ((n = recv(fd, input + have, sizeof input - have, 0)) <= 0)
                return;
            have += (size_t)n;
        }
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd, listener = socket(AF_INET, SOCK_STREAM, 0);

    at.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 2525));
    if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 5) != 0)
        return perror("minimal-server"), 1;
    for (; (fd = accept(listener, NULL, NULL)) >= 0; close(fd))
        serve(fd);
    return perror("accept"), 1;
}
