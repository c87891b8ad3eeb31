/* SPDX-License-Identifier: ISC
 *
 * send: sends messages to a server by SMTP, and tells what became of each recipient. `send --help` tells the rest.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>
#include "deliver.h"
#include "transport.h"

enum {
    CONNECT_TIMEOUT = 60 /* seconds for each address of the server */
};

/* A path of an address with or without angle brackets; "" is the null one. Returns 0, or -1 after saying why. */
static int read_path(struct ehlo_path *path, const char *address, uint32_t rules, uint32_t verb)
{
    struct ehlo_command command = {.verb = verb};
    const size_t size = strlen(address);
    size_t used = 0, length;
    int error = 0;

    memset(path, 0, sizeof *path);
    if (address[0] == '<') {
        error = ehlo_path_parse(path, address, size, rules, &used);
    } else if (size > 0 && strcasecmp(address, "Postmaster") != 0) {
        error = ehlo_mailbox_parse(path, address, size, rules, &used);
    } else {
        path->kind = size > 0 ? EHLO_PATH_POSTMASTER : EHLO_PATH_NULL;
        path->local.data = address;
        path->local.size = used = size;
    }
    if (error == 0 && used < size)
        error = EHLO_E_UNWANTED;
    command.path = *path;
    /* what a path may be is not what any command takes; nothing is written here, so space is all that is missing */
    if (error == 0)
        error = ehlo_command_format(NULL, 0, &length, &command, rules);
    if (error == EHLO_E_SPACE)
        return 0;
    fprintf(stderr, "send: %s: %s, at octet %zu\n", address, ehlo_error_text(error), used);
    return -1;
}

static int read_envelope(struct envelope *envelope, const struct options *options)
{
    size_t i;

    memset(envelope, 0, sizeof *envelope);
    envelope->rcpts = calloc(options->recipients, sizeof *envelope->rcpts);
    if (envelope->rcpts == NULL)
        return EX_OSERR;
    envelope->mail.size = sizeof envelope->mail;
    if (read_path(&envelope->mail.path, options->from, options->rules, EHLO_VERB_MAIL) != 0)
        return EX_DATAERR;
    for (i = 0; i < options->recipients; i++) {
        envelope->rcpts[i].size = sizeof envelope->rcpts[i];
        if (read_path(&envelope->rcpts[i].path, options->to[i], options->rules, EHLO_VERB_RCPT) != 0)
            return EX_DATAERR;
    }
    return EX_OK;
}

static int read_messages(struct message *messages, const struct options *options)
{
    size_t i;

    if (messages == NULL)
        return EX_OSERR;
    for (i = 0; i < options->messages; i++)
        if (message_examine(&messages[i], options->files[i]) != 0)
            return EX_DATAERR;
    return EX_OK;
}

static int send_all(const struct options *options, struct envelope *envelope, struct message *messages)
{
    const uint64_t seconds =
        options->timeout == 0 || options->timeout > CONNECT_TIMEOUT ? CONNECT_TIMEOUT : options->timeout;
    struct report report;
    const char *why = NULL;
    size_t i;
    int fd;

    if (report_init(&report, options->to, options->recipients) != 0)
        return EX_OSERR;
    fd = transport_connect(options->host, options->port, (int)seconds * 1000, &why);
    if (fd >= 0) {
        deliver(fd, options, envelope, messages, &report);
        close(fd);
    } else {
        for (i = 0; i < options->messages; i++)
            report_unconnected(&report, why);
    }
    report_free(&report);
    return report_exit_code(&report);
}

int main(int argc, char **argv)
{
    struct options options;
    struct envelope envelope;
    struct message *messages;
    int code = options_read(&options, argc, argv);

    if (code >= 0) {
        options_free(&options);
        return code;
    }
    messages = calloc(options.messages, sizeof *messages);
    code = read_envelope(&envelope, &options);
    if (code == EX_OK)
        code = read_messages(messages, &options);
    if (code == EX_OK)
        code = send_all(&options, &envelope, messages);
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == EX_OK) {
        fprintf(stderr, "send: the report could not be written\n");
        code = EX_IOERR;
    }
    free(messages);
    free(envelope.rcpts);
    options_free(&options);
    return code;
}
