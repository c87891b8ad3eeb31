/* SPDX-License-Identifier: ISC
 *
 * Golden transcripts of the server: tests/transcripts/server-*.txt, each run whole, octet by octet, at every cut and
 * at pairs of cuts, with output taken whole and an octet at a time, and with answers that come late.
 *
 *     # a comment
 *     O OPTION VALUE     the configuration: see options[]
 *     A STAGE[ WORD] REPLY
 *                        the verdict when STAGE (CONNECT ... STARTTLS) asks and its line has WORD in it, or when WORD
 *                        is #N and the event's index N; REPLY is one for the wire, or "silence" for what nobody answers
 *     C TEXT             the client sends TEXT and CRLF; \r \n \\ \xHH are decoded
 *     c TEXT             the same without CRLF
 *     T                  TLS is done: what the client sends from here on is under it
 *     X lost|timeout|shutdown  the session is ended behind the input
 *     E EVENT            an event, as tests/drive.h writes it
 *     S LINE             a line from the server
 *     R ERROR @OCTETS    the session is over: why, and how much of the input was taken
 *
 * `test_server_transcripts --write FILE...` runs each FILE a command at a time and writes its E and S lines anew. Read
 * what it wrote before you believe it.
 */
#include "drive.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    INPUT_MAX = 1 << 16,
    VERDICTS = 16,
    HANDSHAKES = 4,
    TRANSCRIPTS = 256
};

struct verdict {
    char stage[16];
    char word[64];
    struct ehlo_reply reply;
    char text[600];
    int silent;
};

struct transcript {
    struct ehlo_server_config config;
    char hostname[256];
    struct verdict verdicts[VERDICTS];
    size_t verdict_count;
    char in[INPUT_MAX];
    size_t size;
    char offer[4096];
    size_t handshakes[HANDSHAKES];
    size_t handshake_count;
    int end;
    int early;
    char result[64];
    struct drive_text log;
    struct drive_text out;
};

static const struct {
    const char *name;
    size_t offset;
} options[] = {
    {"output-size", offsetof(struct ehlo_server_config, output_size)},
    {"line-max", offsetof(struct ehlo_server_config, line_max)},
    {"reply-max", offsetof(struct ehlo_server_config, reply_max)},
    {"recipient-max", offsetof(struct ehlo_server_config, recipient_max)},
    {"error-max", offsetof(struct ehlo_server_config, error_max)},
    {"command-max", offsetof(struct ehlo_server_config, command_max)},
    {"body-line-max", offsetof(struct ehlo_server_config, body_line_max)},
    {"newline", offsetof(struct ehlo_server_config, newline)},
    {"rules", offsetof(struct ehlo_server_config, rules)},
    {"take", offsetof(struct ehlo_server_config, take)},
    {"mail-max", offsetof(struct ehlo_server_config, mail_max)},
};

static const struct {
    const char *name;
    uint32_t flag;
} flags[] = {
    {"lmtp", EHLO_SERVER_LMTP},
    {"secured", EHLO_SERVER_SECURED},
    {"require-tls", EHLO_SERVER_REQUIRE_TLS},
    {"require-auth", EHLO_SERVER_REQUIRE_AUTH},
    {"auth-in-clear", EHLO_SERVER_AUTH_IN_CLEAR},
    {"refuse-early", EHLO_SERVER_REFUSE_EARLY},
};

static void read_option(struct transcript *t, const char *name, const char *value)
{
    size_t i;
    uint32_t number = (uint32_t)strtoul(value, NULL, 0);

    if (strcmp(name, "hostname") == 0) {
        snprintf(t->hostname, sizeof t->hostname, "%s", value);
        t->config.hostname.size = strlen(t->hostname);
        return;
    }
    if (strcmp(name, "offer") == 0) { /* a line of it */
        t->config.offer.size +=
            (size_t)snprintf(t->offer + t->config.offer.size, sizeof t->offer - t->config.offer.size, "%s%s",
                             t->config.offer.size > 0 ? "\n" : "", value);
        t->config.offer.data = t->offer;
        return;
    }
    if (strcmp(name, "early") == 0) {
        t->early = 1;
        return;
    }
    for (i = 0; strcmp(name, "flag") == 0 && i < sizeof flags / sizeof flags[0]; i++) {
        if (strcmp(value, flags[i].name) == 0) {
            t->config.flags |= flags[i].flag;
            return;
        }
    }
    if (strcmp(name, "message-max") == 0) {
        t->config.message_max = strtoull(value, NULL, 0);
        return;
    }
    if (strcmp(name, "without") == 0) {
        t->config.withhold |= UINT64_C(1) << ehlo_extension_find(value, strlen(value));
        return;
    }
    for (i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (strcmp(name, options[i].name) == 0) {
            memcpy((char *)&t->config + options[i].offset, &number, sizeof number);
            return;
        }
    }
    fail_msg("no option %s", name);
}

static void read_verdict(struct transcript *t, const char *line)
{
    struct verdict *v = &t->verdicts[t->verdict_count++];
    char wire[600];
    const char *rest = line + strcspn(line, " ");
    size_t size, at;

    snprintf(v->stage, sizeof v->stage, "%.*s", (int)(rest - line), line);
    rest++;
    if (strncmp(rest, "silence", 7) != 0 && (rest[0] < '0' || rest[0] > '9')) {
        snprintf(v->word, sizeof v->word, "%.*s", (int)strcspn(rest, " "), rest);
        rest += strcspn(rest, " ") + 1;
    }
    if (strcmp(rest, "silence") == 0) {
        v->silent = 1;
        return;
    }
    v->reply.size = sizeof v->reply;
    size = (size_t)snprintf(wire, sizeof wire, "%s\r\n", rest);
    assert_int_equal(ehlo_reply_parse(&v->reply, wire, size, 0, &at), 0);
    if (v->reply.text.size > 0)
        memmove(wire, v->reply.text.data, v->reply.text.size);
    wire[v->reply.text.size] = '\0';
    v->reply.text.size = drive_unescape(v->text, wire);
    v->reply.text.data = v->text;
}

/* Reads one line of a transcript. Returns its kind. */
static char read_line(struct transcript *t, char *line)
{
    char *value;

    line[strcspn(line, "\n")] = '\0';
    if (line[0] == '\0' || line[0] == '#')
        return '#';
    value = line[1] == '\0' ? line + 1 : line + 2;
    switch (line[0]) {
    case 'O':
        value[strcspn(value, " ")] = '\0';
        read_option(t, value, value + strlen(value) + 1);
        break;
    case 'A':
        read_verdict(t, value);
        break;
    case 'C':
    case 'c':
        assert_true(t->size + strlen(value) + 2 < sizeof t->in);
        t->size += drive_unescape(t->in + t->size, value);
        if (line[0] == 'C') {
            memcpy(t->in + t->size, "\r\n", 2);
            t->size += 2;
        }
        break;
    case 'T':
        assert_true(t->handshake_count < HANDSHAKES);
        t->handshakes[t->handshake_count++] = t->size;
        break;
    case 'R':
        snprintf(t->result, sizeof t->result, "%s", value);
        break;
    case 'X':
        t->end = strcmp(value, "lost") == 0      ? EHLO_E_LOST
                 : strcmp(value, "timeout") == 0 ? EHLO_E_TIMEOUT
                                                 : EHLO_E_SHUTDOWN;
        break;
    case 'E':
        drive_say(&t->log, value);
        drive_say(&t->log, "\n");
        break;
    case 'S':
        drive_say(&t->out, value);
        drive_say(&t->out, "\r\n");
        break;
    default:
        fail_msg("a line that is none: %s", line);
    }
    return line[0];
}

static void begin(struct transcript *t)
{
    memset(t, 0, offsetof(struct transcript, log));
    t->log.size = t->out.size = 0;
    t->config.size = sizeof t->config;
    t->config.hostname.data = t->hostname;
    read_option(t, "hostname", "mx.example.org");
}

static int has_word(struct ehlo_span span, const char *word)
{
    size_t i, size = strlen(word);

    for (i = 0; size > 0 && i + size <= span.size; i++)
        if (memcmp(span.data + i, word, size) == 0)
            return 1;
    return size == 0;
}

static const struct ehlo_reply *verdict(void *user, const struct ehlo_event *event, int *silent)
{
    struct transcript *t = user;
    size_t i;

    for (i = 0; i < t->verdict_count; i++) {
        const struct verdict *v = &t->verdicts[i];

        if (strcmp(v->stage, drive_names[event->type]) == 0 &&
            (v->word[0] == '#' ? strtoul(v->word + 1, NULL, 10) == event->index : has_word(event->line, v->word))) {
            *silent = v->silent;
            return v->silent ? NULL : &v->reply;
        }
    }
    return NULL;
}

static void compare(const char *name, const char *what, const struct drive_text *got, const struct drive_text *want)
{
    if (got->size != want->size || memcmp(got->data, want->data, got->size) != 0)
        fail_msg("%s: %s differ\n--- got\n%.*s\n--- want\n%.*s", name, what, (int)got->size, got->data, (int)want->size,
                 want->data);
}

static struct transcript transcript;
static struct drive drive;

static void drive_transcript(int end)
{
    drive.config = &transcript.config;
    drive.in = transcript.in;
    drive.size = transcript.size;
    drive.end = end;
    drive.early = transcript.early;
    drive.handshakes = transcript.handshakes;
    drive.handshake_count = transcript.handshake_count;
    drive.verdict = verdict;
    drive.user = &transcript;
    drive_run(&drive);
}

static const char *result(void)
{
    static char text[64];

    text[0] = '\0';
    if (drive.result != 0)
        snprintf(text, sizeof text, "%s @%zu", ehlo_error_name(drive.result), drive.taken);
    return text;
}

static void run(const char *name)
{
    drive_transcript(transcript.end);
    compare(name, "events", &drive.log, &transcript.log);
    compare(name, "replies", &drive.out, &transcript.out);
    if (strcmp(result(), transcript.result) != 0)
        fail_msg("%s: ended as \"%s\", not \"%s\"", name, result(), transcript.result);
    assert_int_equal(drive.done, transcript.handshake_count);
}

static void run_step(const char *name, size_t step, size_t drain, uint32_t seed)
{
    memset(&drive, 0, offsetof(struct drive, log));
    drive.step = step;
    drive.drain = drain;
    drive.seed = seed;
    run(name);
}

static void run_cuts(const char *name, size_t first, size_t second)
{
    size_t cuts[2];

    cuts[0] = first;
    cuts[1] = second;
    memset(&drive, 0, offsetof(struct drive, log));
    drive.cuts = cuts;
    drive.cut_count = 2;
    run(name);
}

static void read_transcript(const char *name)
{
    char line[8192];
    FILE *file = fopen(name, "r");

    if (file == NULL)
        fail_msg("cannot open %s", name);
    begin(&transcript);
    while (fgets(line, sizeof line, file) != NULL)
        read_line(&transcript, line);
    fclose(file);
}

static void test_whole(void **state)
{
    read_transcript(*state);
    run_step(*state, transcript.size + 1, 0, 0);
}

static void test_cut(void **state)
{
    const char *name = *state;
    size_t i, j, stride;
    uint32_t seed;

    read_transcript(name);
    run_step(name, transcript.size + 1, 1, 0);
    run_step(name, 1, 0, 0);
    run_step(name, 1, 1, 0);
    for (seed = 1; seed <= 200; seed++)
        run_step(name, 1 + seed % 40, 0, seed);
    for (i = 0; i < transcript.size; i++)
        run_cuts(name, i, i);
    /* every pair of cuts, thinned out in the longer ones, as there are many */
    stride = 1 + transcript.size / DRIVE_PAIRS;
    for (i = 0; i < transcript.size; i += stride)
        for (j = i + 1; j < transcript.size; j += stride)
            run_cuts(name, i, j);
}

/* The lines that run() added behind what was there before, each with its mark. */
static void write_new(FILE *file, char mark, const struct drive_text *text, size_t *before)
{
    size_t end;

    while (*before < text->size) {
        for (end = *before; end < text->size && text->data[end] != '\r' && text->data[end] != '\n'; end++)
            ;
        fprintf(file, "%c %.*s\n", mark, (int)(end - *before), text->data + *before);
        *before = end + (text->data[end] == '\r' ? 2 : 1);
    }
}

static int ends_in_body(const struct drive_text *log)
{
    size_t i = log->size;

    while (i > 1 && log->data[i - 2] != '\n')
        i--;
    return i > 0 && strncmp(log->data + i - 1, "BODY ", 5) == 0;
}

/* A run over the input so far: what it says more than the run before belongs to the newest line. */
static void write_transcript(const char *name)
{
    static char lines[1024][8192];
    char line[8192];
    size_t count = 0, i, log = 0, out = 0;
    FILE *file = fopen(name, "r");
    char kind, next;

    if (file == NULL)
        exit(66);
    while (count < 1024 && fgets(lines[count], sizeof lines[count], file) != NULL)
        if (strchr("ESR", lines[count][0]) == NULL)
            count++;
    fclose(file);
    file = fopen(name, "w");
    begin(&transcript);
    for (i = 0; i < count; i++) {
        memcpy(line, lines[i], sizeof line);
        fputs(lines[i], file);
        kind = read_line(&transcript, line);
        next = i + 1 < count ? lines[i + 1][0] : '\n';
        if (transcript.early && transcript.size == 0 && i + 1 < count)
            continue; /* all begins with what came early */
        if (kind != 'C' && kind != 'c' && kind != 'X' && strchr("CcX", next) == NULL)
            continue;
        memset(&drive, 0, offsetof(struct drive, log));
        drive.step = 1;
        drive_transcript(i + 1 == count ? transcript.end : 0);
        if (i + 1 < count && ends_in_body(&drive.log))
            continue; /* a body is one event */
        write_new(file, 'E', &drive.log, &log);
        write_new(file, 'S', &drive.out, &out);
    }
    if (result()[0] != '\0')
        fprintf(file, "R %s\n", result());
    fclose(file);
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[2 * TRANSCRIPTS];
    glob_t found;
    size_t i;
    int failed;

    if (argc > 2 && strcmp(argv[1], "--write") == 0) {
        for (i = 2; i < (size_t)argc; i++)
            write_transcript(argv[i]);
        return 0;
    }
    if (glob("tests/transcripts/server-*.txt", 0, NULL, &found) != 0 || found.gl_pathc > TRANSCRIPTS) {
        fprintf(stderr, "no transcripts in tests/transcripts\n");
        return 66;
    }
    /* all of them whole first: that is where most mistakes show, and at once */
    for (i = 0; i < 2 * found.gl_pathc; i++) {
        tests[i].name = found.gl_pathv[i % found.gl_pathc];
        tests[i].test_func = i < found.gl_pathc ? test_whole : test_cut;
        tests[i].initial_state = found.gl_pathv[i % found.gl_pathc];
    }
    failed = _cmocka_run_group_tests("server transcripts", tests, 2 * found.gl_pathc, NULL, NULL);
    globfree(&found);
    return failed;
}
