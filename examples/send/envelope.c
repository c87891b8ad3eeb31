/* SPDX-License-Identifier: ISC
 *
 * The envelope, made of what the command line says.
 */
#define _POSIX_C_SOURCE 200809L
#include "envelope.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

static const struct ehlo_span utf8 = {"SMTPUTF8", 8};

/* A path of an address with or without angle brackets; "" is the null one. Returns 0, or an error with its offset. */
static int parse_path(struct ehlo_path *path, const char *address, uint32_t rules, uint32_t verb, size_t *at)
{
    struct ehlo_command command = {.verb = verb};
    const size_t size = strlen(address);
    size_t used = 0, length;
    int error = 0;

    *at = 0;
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
    if (rules & EHLO_UTF8)
        command.params = utf8;
    *at = used;
    /* what a path may be is not what any command takes; nothing is written here, so space is all that is missing */
    if (error == 0)
        error = ehlo_command_format(NULL, 0, &length, &command, rules);
    return error == EHLO_E_SPACE ? 0 : error;
}

/* Returns 0, or -1 after saying why. An address that needs SMTPUTF8 says so for the whole envelope. */
static int read_path(struct envelope *envelope, struct ehlo_path *path, const char *address, uint32_t rules,
                     uint32_t verb)
{
    size_t at;
    int error = parse_path(path, address, rules, verb, &at);

    if (error != 0) {
        error = parse_path(path, address, rules | EHLO_UTF8, verb, &at);
        envelope->utf8 |= error == 0;
    }
    if (error != 0)
        fprintf(stderr, "send: %s: %s, at octet %zu\n", address, ehlo_error_text(error), at);
    return error == 0 ? 0 : -1;
}

static struct ehlo_span span_of(const struct params *params)
{
    struct ehlo_span all = {params->text, params->size};

    return all;
}

/* What goes behind a recipient: what goes behind all, and what is its own. Returns 0, or -1 after saying why. */
static int read_params(struct envelope *envelope, const struct options *options, size_t i)
{
    const char *orcpt = options->orcpt_of_all != NULL ? options->orcpt_of_all : options->orcpt[i];
    const char *wrong;

    envelope->rcpts[i].params = span_of(&options->rcpt_params);
    if (orcpt == NULL)
        return 0;
    wrong = params_join(&envelope->params[i], &options->rcpt_params);
    if (wrong == NULL)
        wrong = params_orcpt(&envelope->params[i], orcpt);
    envelope->rcpts[i].params = span_of(&envelope->params[i]);
    if (wrong != NULL)
        fprintf(stderr, "send: the parameters of %s: %s\n", options->to[i], wrong);
    return wrong == NULL ? 0 : -1;
}

/* What goes behind the sender. Returns NULL, or what is wrong. */
static const char *read_mail_params(struct envelope *envelope, const struct options *options)
{
    const struct ehlo_span given = span_of(&options->mail_params);
    struct ehlo_param param;
    const char *wrong = params_join(&envelope->mail_params, &options->mail_params);

    if (wrong == NULL && (options->smtputf8 || envelope->utf8) &&
        !ehlo_param_find(&given, utf8.data, utf8.size, &param))
        wrong = params_add(&envelope->mail_params, utf8.data, NULL);
    envelope->mail.params = span_of(&envelope->mail_params);
    return wrong;
}

int envelope_read(struct envelope *envelope, const struct options *options)
{
    const char *wrong;
    size_t i;

    memset(envelope, 0, sizeof *envelope);
    envelope->rcpts = calloc(options->recipients + 1, sizeof *envelope->rcpts);
    envelope->params = calloc(options->recipients + 1, sizeof *envelope->params);
    if (envelope->rcpts == NULL || envelope->params == NULL)
        return EX_OSERR;
    envelope->mail.size = sizeof envelope->mail;
    if (options->recipients == 0)
        return EX_OK;
    if (read_path(envelope, &envelope->mail.path, options->from, options->rules, EHLO_VERB_MAIL) != 0)
        return EX_DATAERR;
    for (i = 0; i < options->recipients; i++) {
        envelope->rcpts[i].size = sizeof envelope->rcpts[i];
        if (read_path(envelope, &envelope->rcpts[i].path, options->to[i], options->rules, EHLO_VERB_RCPT) != 0 ||
            read_params(envelope, options, i) != 0)
            return EX_DATAERR;
    }
    wrong = read_mail_params(envelope, options);
    if (wrong != NULL)
        fprintf(stderr, "send: the parameters of MAIL: %s\n", wrong);
    return wrong == NULL ? EX_OK : EX_DATAERR;
}

void envelope_free(struct envelope *envelope)
{
    free(envelope->rcpts);
    free(envelope->params);
}
