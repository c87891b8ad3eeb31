/* SPDX-License-Identifier: ISC
 *
 * Golden transcripts of the client: tests/transcripts/client-*.txt, each run whole, octet by octet, at every cut and
 * every pair of cuts of what the server says, with output taken in every size by spans, by read and by copy, with the
 * message given in every size, and with all of that at random while the session moves about in memory.
 *
 *     # a comment
 *     O OPTION VALUE     the configuration: see options[] and flags[]; `early 1`: the server talks before it was asked,
 *                        so what it says is taken before output is; `whole 1`: pieces of a message, chunks, are
 *                        given as they stand here
 *     P ACTION[; ACTION] the program does this: send, resume, mail, rcpt, data, body, part, reset, command, quit, end,
 *                        starttls, secured, auth, respond, cancel
 *     S TEXT             the server sends TEXT and CRLF; \r \n \\ \xHH are decoded
 *     s TEXT             the same without CRLF
 *     E EVENT            an event, as tests/drive_client.h writes it; an error of an action; the end of the session
 *     C LINE             a line from the client
 *     c TEXT             octets of one that is not complete
 *
 * An action or a line of the server has its turn when all that stands above it has happened.
 *
 * `test_client_transcripts --write FILE...` runs each FILE a line at a time and writes its E, C and c lines anew. Read
 * what it wrote before you believe it.
 */
#include "drive_client.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    STEPS = 256,
    LINES = 512,
    LINE = 4096
};

struct transcript {
    struct ehlo_client_config config;
    char hello[256];
    int early;
    int whole;
    struct drive_client_step steps[STEPS];
    size_t step_count;
    size_t lines;          /* of the log so far */
    size_t server, octets; /* of the server; of the longest text that the program gives */
    struct drive_text texts;
    struct drive_text log;
    struct drive_text out;
};

static const struct {
    const char *name;
    size_t offset;
} options[] = {
    {"output-size", offsetof(struct ehlo_client_config, output_size)},
    {"line-max", offsetof(struct ehlo_client_config, line_max)},
    {"reply-max", offsetof(struct ehlo_client_config, reply_max)},
    {"outstanding-max", offsetof(struct ehlo_client_config, outstanding_max)},
    {"rules", offsetof(struct ehlo_client_config, rules)},
};

static const struct {
    const char *name;
    uint32_t flag;
} flags[] = {
    {"8bit-anyway", EHLO_CLIENT_8BIT_ANYWAY}, {"lmtp", EHLO_CLIENT_LMTP},
    {"secured", EHLO_CLIENT_SECURED},         {"require-tls", EHLO_CLIENT_REQUIRE_TLS},
    {"chunking", EHLO_CLIENT_CHUNKING},       {"auth-in-clear", EHLO_CLIENT_AUTH_IN_CLEAR},
};

static void read_flag(struct transcript *t, const char *name)
{
    size_t i;

    for (i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strcmp(name, flags[i].name) == 0) {
            t->config.flags |= flags[i].flag;
            return;
        }
    }
    fail_msg("no flag %s", name);
}

static void read_option(struct transcript *t, const char *name, const char *value)
{
    uint32_t number = (uint32_t)strtoul(value, NULL, 0);
    size_t i;

    if (strcmp(name, "hello") == 0) {
        snprintf(t->hello, sizeof t->hello, "%s", value);
        t->config.hello.size = strlen(t->hello);
        return;
    }
    if (strcmp(name, "ignore") == 0) {
        t->config.ignore |= UINT64_C(1) << ehlo_extension_find(value, strlen(value));
        return;
    }
    if (strcmp(name, "early") == 0) {
        t->early = 1;
        return;
    }
    if (strcmp(name, "whole") == 0) {
        t->whole = 1;
        return;
    }
    if (strcmp(name, "flag") == 0) {
        read_flag(t, value);
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

static void read_step(struct transcript *t, char kind, const char *value)
{
    struct drive_client_step *step = &t->steps[t->step_count++];
    char text[LINE + 2];

    assert_true(t->step_count < STEPS);
    step->program = kind == 'P';
    step->lines = t->lines;
    step->octets = t->out.size;
    step->text.data = t->texts.data + t->texts.size;
    if (step->program) {
        drive_put(&t->texts, value, strlen(value) + 1);
        step->text.size = strlen(value);
        t->octets = step->text.size > t->octets ? step->text.size : t->octets;
        return;
    }
    step->text.size = drive_unescape(text, value);
    drive_put(&t->texts, text, step->text.size);
    if (kind == 'S') {
        drive_say(&t->texts, "\r\n");
        step->text.size += 2;
    }
    t->server += step->text.size;
}

/* Reads one line of a transcript. Returns its kind. */
static char read_line(struct transcript *t, char *line)
{
    char text[LINE];
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
    case 'P':
    case 'S':
    case 's':
        read_step(t, line[0], value);
        break;
    case 'E':
        drive_say(&t->log, value);
        drive_say(&t->log, "\n");
        t->lines++;
        break;
    case 'C':
    case 'c':
        drive_put(&t->out, text, drive_unescape(text, value));
        drive_say(&t->out, line[0] == 'C' ? "\r\n" : "");
        break;
    default:
        fail_msg("a line that is none: %s", line);
    }
    return line[0];
}

static void begin(struct transcript *t)
{
    memset(t, 0, offsetof(struct transcript, texts));
    t->texts.size = t->log.size = t->out.size = 0;
    t->config.size = sizeof t->config;
    t->config.hello.data = t->hello;
    read_option(t, "hello", "c.example");
}

static void compare(const char *name, const char *what, const struct drive_text *got, const struct drive_text *want)
{
    if (got->size != want->size || memcmp(got->data, want->data, got->size) != 0)
        fail_msg("%s: %s differ\n--- got\n%.*s\n--- want\n%.*s", name, what, (int)got->size, got->data, (int)want->size,
                 want->data);
}

static struct transcript transcript;
static struct drive_client drive;

/* A drive with nothing in it yet. */
static void fresh(void)
{
    memset(&drive, 0, offsetof(struct drive_client, log));
    drive.config = &transcript.config;
    drive.steps = transcript.steps;
    drive.step_count = transcript.step_count;
    drive.early = transcript.early;
    drive.whole = transcript.whole;
    drive.step = SIZE_MAX;
}

static void run(const char *name)
{
    drive_client_run(&drive);
    if (!drive_client_finished(&drive))
        fail_msg("%s: the script was not played to its end", name);
    compare(name, "events", &drive.log, &transcript.log);
    compare(name, "octets", &drive.out, &transcript.out);
}

static void run_step(const char *name, size_t step, size_t drain, int way, size_t piece)
{
    fresh();
    drive.step = step;
    drive.drain = drain;
    drive.way = way;
    drive.piece = piece;
    run(name);
}

static void run_seed(const char *name, uint32_t seed)
{
    fresh();
    drive.step = 1 + seed % 40;
    drive.way = (int)(seed % DRIVE_WAYS);
    drive.seed = seed;
    run(name);
}

static void run_cuts(const char *name, size_t first, size_t second)
{
    size_t cuts[2];

    cuts[0] = first;
    cuts[1] = second;
    fresh();
    drive.cuts = cuts;
    drive.cut_count = 2;
    run(name);
}

static void read_transcript(const char *name)
{
    char line[LINE];
    FILE *file = fopen(name, "r");

    if (file == NULL)
        fail_msg("cannot open %s", name);
    begin(&transcript);
    while (fgets(line, sizeof line, file) != NULL)
        read_line(&transcript, line);
    fclose(file);
}

static void test_transcript(void **state)
{
    const char *name = *state;
    size_t i, j, stride;
    uint32_t seed;
    int way;

    read_transcript(name);
    for (way = 0; way < DRIVE_WAYS; way++) {
        run_step(name, SIZE_MAX, 0, way, 0);
        run_step(name, 1, 1, way, 1);
    }
    for (i = 1; i < transcript.out.size && i < 600; i++) {
        run_step(name, SIZE_MAX, i, DRIVE_BY_SPANS, 0);
        run_step(name, i, i, DRIVE_BY_READ, 1 + i % 7);
        run_step(name, i, i, DRIVE_BY_COPY, i % 3 == 0 ? 0 : 1 + i % 5);
    }
    for (i = 1; i < transcript.octets; i++) {
        run_step(name, SIZE_MAX, 0, DRIVE_BY_SPANS, i);
        run_step(name, 1, 1 + i % 5, DRIVE_BY_READ, i);
        run_step(name, 1, 1 + i % 4, DRIVE_BY_COPY, i);
    }
    for (seed = 1; seed <= 300; seed++)
        run_seed(name, seed);
    for (i = 0; i < transcript.server; i++)
        run_cuts(name, i, i);
    /* every pair of cuts, thinned out only where the square would take long */
    stride = 1 + transcript.server / DRIVE_PAIRS;
    for (i = 0; i < transcript.server; i += stride)
        for (j = i + 1; j < transcript.server; j += stride)
            run_cuts(name, i, j);
}

/* What run() added to the log behind what was there before. */
static void write_events(FILE *file, const struct drive_text *log, size_t *before)
{
    const char *end;

    while (*before < log->size) {
        end = memchr(log->data + *before, '\n', log->size - *before);
        fprintf(file, "E %.*s\n", (int)(end - log->data - (ptrdiff_t)*before), log->data + *before);
        *before = (size_t)(end - log->data) + 1;
    }
}

/* The same for the octets of the client. */
static void write_octets(FILE *file, const struct drive_text *out, size_t *before)
{
    static struct drive_text escaped;
    struct ehlo_span span;
    size_t end;

    while (*before < out->size) {
        for (end = *before; end < out->size && (end < *before + 2 || memcmp(out->data + end - 2, "\r\n", 2) != 0);
             end++)
            ;
        span.data = out->data + *before;
        span.size = end - *before;
        *before = end;
        escaped.size = 0;
        if (span.size >= 2 && memcmp(span.data + span.size - 2, "\r\n", 2) == 0) {
            span.size -= 2;
            drive_escape(&escaped, span);
            fprintf(file, "C%s%.*s\n", escaped.size > 0 ? " " : "", (int)escaped.size, escaped.data);
        } else {
            drive_escape(&escaped, span);
            fprintf(file, "c %.*s\n", (int)escaped.size, escaped.data);
        }
    }
}

/* A run over the script so far: what it says more than the run before belongs to the newest line. */
static void write_transcript(const char *name)
{
    static char lines[LINES][LINE];
    char line[LINE];
    size_t count = 0, i, log = 0, out = 0;
    FILE *file = fopen(name, "r");

    if (file == NULL)
        exit(66);
    while (count < LINES && fgets(lines[count], LINE, file) != NULL)
        if (strchr("ECc", lines[count][0]) == NULL)
            count++;
    fclose(file);
    file = fopen(name, "w");
    begin(&transcript);
    for (i = 0; i < count; i++) {
        memcpy(line, lines[i], sizeof line);
        fputs(lines[i], file);
        transcript.lines = drive.lines;
        transcript.out.size = out;
        if (i == 0)
            transcript.lines = 0;
        if (strchr("PSs", read_line(&transcript, line)) == NULL)
            continue;
        fresh();
        drive_client_run(&drive);
        if (!drive_client_finished(&drive))
            fprintf(stderr, "%s: not played to its end: %s", name, lines[i]);
        write_events(file, &drive.log, &log);
        write_octets(file, &drive.out, &out);
    }
    fclose(file);
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[256];
    glob_t found;
    size_t i;
    int failed;

    if (argc > 2 && strcmp(argv[1], "--write") == 0) {
        for (i = 2; i < (size_t)argc; i++)
            write_transcript(argv[i]);
        return 0;
    }
    if (glob("tests/transcripts/client-*.txt", 0, NULL, &found) != 0 || found.gl_pathc > 256) {
        fprintf(stderr, "no transcripts in tests/transcripts\n");
        return 66;
    }
    for (i = 0; i < found.gl_pathc; i++) {
        tests[i].name = found.gl_pathv[i];
        tests[i].test_func = test_transcript;
        tests[i].initial_state = found.gl_pathv[i];
    }
    failed = _cmocka_run_group_tests("client transcripts", tests, found.gl_pathc, NULL, NULL);
    globfree(&found);
    return failed;
}
