/* SPDX-License-Identifier: ISC
 *
 * send: sends messages to a server by SMTP, and tells what became of each recipient. `send --help` tells the rest.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include "deliver.h"
#include "transport.h"

enum {
    CONNECT_TIMEOUT = 60 /* seconds for each address of the server */
};

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

static void report_no_connection(const struct options *options, struct progress *progress, struct report *report,
                                 const char *why)
{
    for (; progress->command < options->commands; progress->command++)
        report_unsaid(options->command[progress->command], why);
    if (progress->halfway) {
        report_outcomes(report, EHLO_E_LOST);
        progress->message++;
    }
    report_unconnected(report, why, options->messages - progress->message);
}

static int send_all(const struct options *options, struct envelope *envelope, struct message *messages)
{
    const uint64_t seconds =
        options->timeout == 0 || options->timeout > CONNECT_TIMEOUT ? CONNECT_TIMEOUT : options->timeout;
    const int timeout = (int)seconds * 1000;
    struct progress progress = {0};
    struct transport transport;
    struct report report;
    int again;

    if (report_init(&report, options->to, envelope->rcpts, options->recipients) != 0)
        return EX_OSERR;
    do {
        again = transport_connect(&transport, options->host, options->port, timeout) == 0 &&
                (options->security != SECURITY_IMPLICIT ||
                 transport_secure(&transport, options->tls, options->host, timeout) == 0);
        if (again)
            again = deliver(&transport, options, envelope, messages, &progress, &report, timeout);
        else
            report_no_connection(options, &progress, &report, transport.why);
        transport_close(&transport);
    } while (again);
    report_free(&report);
    return report_exit_code(&report);
}

int main(int argc, char **argv)
{
    struct options options;
    struct envelope envelope;
    struct message *messages;
    size_t i;
    int code = options_read(&options, argc, argv);

    if (code >= 0) {
        options_free(&options);
        return code;
    }
    messages = calloc(options.messages + 1, sizeof *messages);
    code = envelope_read(&envelope, &options);
    if (code == EX_OK)
        code = read_messages(messages, &options);
    if (code == EX_OK)
        code = send_all(&options, &envelope, messages);
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == EX_OK) {
        fprintf(stderr, "send: the report could not be written\n");
        code = EX_IOERR;
    }
    for (i = 0; messages != NULL && i < options.messages; i++)
        message_forget(&messages[i]);
    free(messages);
    envelope_free(&envelope);
    options_free(&options);
    return code;
}
