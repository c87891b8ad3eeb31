/* SPDX-License-Identifier: ISC
 *
 * check: tells what addresses, replies, commands and message endings are, one input a line; and what the library knows
 * of service extensions. See --help.
 */
#define _POSIX_C_SOURCE 200809L
#include <ehlo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: check address [--smtputf8]\n"
    "       check reply\n"
    "       check command [--smtputf8]\n"
    "       check smuggle [--bare-newline reject|normalize|keep]\n"
    "       check registry\n"
    "Reads inputs from stdin, one a line. \\xHH \\r \\n \\t \\\\ stand for octets, every other octet for itself; an "
    "empty\n"
    "line is the empty input. Writes a line for each, fields parted by tabs; controls and backslashes are escaped:\n"
    "  address  a path, angle brackets included: valid LOCAL DOMAIN | invalid OFFSET REASON\n"
    "  reply    a whole reply with its CRLFs: CODE ENHANCED|- LINES TEXT | malformed OFFSET REASON\n"
    "  command  a command line without its CRLF: VERB ARGUMENT [KEY[=VALUE]]... | invalid OFFSET REASON\n"
    "           values of parameters that the library knows are checked too\n"
    "  smuggle  the octets after 354: message USED CONTENT | refused USED REASON | incomplete USED CONTENT\n"
    "registry reads nothing and writes what service extensions bring, fields parted by tabs, \"-\" for none:\n"
    "  KEYWORD VERB PARAMETER VALUE OCTETS; VALUE is a form, OCTETS may be added to lines of the verb\n"
    "Exit code 0, also when inputs are invalid; 64 usage, 74 input or output failed.\n";

enum {
    EXIT_USAGE = 64,
    EXIT_IO = 74
};

struct options {
    uint32_t rules;
    uint32_t newline;
};

typedef void checker(const char *in, size_t size, const struct options *options);

static void put(const char *data, size_t size)
{
    size_t i;

    for (i = 0; i < size; i++) {
        switch (data[i]) {
        case '\r':
            fputs("\\r", stdout);
            break;
        case '\n':
            fputs("\\n", stdout);
            break;
        case '\t':
            fputs("\\t", stdout);
            break;
        case '\\':
            fputs("\\\\", stdout);
            break;
        default:
            if ((unsigned char)data[i] < 32 || data[i] == 127)
                printf("\\x%02X", (unsigned)(unsigned char)data[i]);
            else
                putchar(data[i]);
        }
    }
}

static void put_field(struct ehlo_span field)
{
    putchar('\t');
    put(field.data, field.size);
}

static void put_error(const char *verdict, size_t offset, int error)
{
    printf("%s\t%lu\t%s\n", verdict, (unsigned long)offset, ehlo_error_text(error));
}

static void check_address(const char *in, size_t size, const struct options *options)
{
    struct ehlo_path path;
    struct ehlo_span local;
    char text[64];
    size_t used;
    int error = ehlo_path_parse(&path, in, size, options->rules, &used);

    if (error == 0 && used < size)
        error = EHLO_E_UNWANTED;
    if (error != 0) {
        put_error("invalid", used, error);
        return;
    }
    local.data = text;
    local.size = 0;
    if (path.local.size > 0)
        ehlo_local_part_unquote(text, sizeof text, &local.size, path.local.data, path.local.size);
    fputs("valid", stdout);
    put_field(local);
    put_field(path.domain);
    putchar('\n');
}

/* The line of a reply at `in`, without its CRLF, as text alone; a status stays when it is not that of the reply. */
static struct ehlo_span line_text(const char *in, size_t size, const struct ehlo_reply *reply)
{
    struct ehlo_reply_line line;
    size_t at;

    ehlo_reply_line_parse(&line, in, size, EHLO_ALLOW_8BIT, &at);
    if (line.status[0] != 0 && memcmp(line.status, reply->status, sizeof line.status) != 0) {
        line.text.data = in + 4;
        line.text.size = size - 4;
    }
    return line.text;
}

static void check_reply(const char *in, size_t size, const struct options *options)
{
    struct ehlo_reply reply = {sizeof reply, 0, {0, 0, 0}, 0, {NULL, 0}};
    struct ehlo_span text;
    const char *end;
    size_t used;
    uint32_t line;
    int error = ehlo_reply_parse(&reply, in, size, EHLO_ALLOW_8BIT | options->rules, &used);

    if (error == 0 && used < size)
        error = EHLO_E_UNWANTED;
    if (error != 0) {
        put_error("malformed", used, error);
        return;
    }
    printf("%u\t", (unsigned)reply.code);
    if (reply.status[0] != 0)
        printf("%u.%u.%u", (unsigned)reply.status[0], (unsigned)reply.status[1], (unsigned)reply.status[2]);
    else
        putchar('-');
    printf("\t%lu\t", (unsigned long)reply.lines);
    for (line = 0; line < reply.lines; line++) {
        end = memchr(in, '\r', size);
        text = line_text(in, (size_t)(end - in), &reply);
        if (line > 0)
            put("\n", 1);
        put(text.data, text.size);
        size -= (size_t)(end + 2 - in);
        in = end + 2;
    }
    putchar('\n');
}

static int has_params(const struct ehlo_command *command)
{
    return command->verb == EHLO_VERB_MAIL || command->verb == EHLO_VERB_RCPT;
}

/* All behind the verb of the line at `in`, without the white space around it. */
static struct ehlo_span behind_verb(const struct ehlo_command *command, const char *in, size_t size)
{
    struct ehlo_span all = {in + command->name.size, size - command->name.size};

    while (all.size > 0 && (all.data[all.size - 1] == ' ' || all.data[all.size - 1] == '\t'))
        all.size--;
    if (all.size > 0) {
        all.data++;
        all.size--;
    }
    return all;
}

/* Looks for a value that its parameter may not have: 0, or the error with `*at` its offset in the line at `in`. */
static int check_values(const struct ehlo_command *command, const char *in, uint32_t rules, size_t *at)
{
    struct ehlo_span list = command->params;
    struct ehlo_param param;
    struct ehlo_value value;
    const char *place;

    while (has_params(command) && ehlo_param_next(&list, &param, EHLO_UTF8, at) > 0) {
        if (ehlo_value_parse(&value, command->verb, &param, rules, at) != EHLO_E_VALUE)
            continue;
        place = param.value.data != NULL ? param.value.data : param.keyword.data + param.keyword.size;
        *at += (size_t)(place - in);
        return EHLO_E_VALUE;
    }
    return 0;
}

static void check_command(const char *in, size_t size, const struct options *options)
{
    struct ehlo_command command;
    struct ehlo_param param;
    struct ehlo_span field;
    size_t at, i;
    int error = ehlo_command_parse(&command, in, size, options->rules, &at);

    if (error == 0)
        error = check_values(&command, in, options->rules, &at);
    if (error != 0) {
        put_error("invalid", at, error);
        return;
    }
    for (i = 0; i < command.name.size; i++)
        putchar(command.name.data[i] >= 'a' ? command.name.data[i] - 'a' + 'A' : command.name.data[i]);
    if (!has_params(&command)) {
        put_field(behind_verb(&command, in, size));
        command.params.size = 0;
    } else {
        put_field(command.argument);
    }
    while (ehlo_param_next(&command.params, &param, EHLO_UTF8, &at) > 0) {
        field = param.keyword;
        if (param.value.data != NULL)
            field.size += 1 + param.value.size;
        put_field(field);
    }
    putchar('\n');
}

static const char *or_none(const char *name)
{
    return name[0] != '\0' ? name : "-";
}

static int list_registry(void)
{
    static const char *const forms[] = {"-",     "SIZE",    "BODY", "RET",     "ENVID",     "NOTIFY",
                                        "ORCPT", "BY",      "AUTH", "HOLDFOR", "HOLDUNTIL", "PRIORITY",
                                        "RRVS",  "SOLICIT", "MTRK", "TRANSID", "SUBMITTER", "TEXT"};
    struct ehlo_registration row;
    uint32_t i;

    for (i = 0; ehlo_extension_registered(&row, i); i++)
        printf("%s\t%s\t%.*s\t%s\t%lu\n", ehlo_extension_name(row.extension), or_none(ehlo_verb_name(row.verb)),
               row.param.data != NULL ? (int)row.param.size : 1, row.param.data != NULL ? row.param.data : "-",
               row.form < sizeof forms / sizeof *forms ? forms[row.form] : "?", (unsigned long)row.octets);
    return fflush(stdout) != 0 || ferror(stdout) ? EXIT_IO : 0;
}

/* The content is gathered in `content`, which must hold twice `size`: a lone LF may become two octets. */
static void unstuff(const char *in, size_t size, const struct options *options, char *content)
{
    struct ehlo_unstuff state;
    struct ehlo_span piece;
    size_t total = 0, used, length = 0;
    int got;

    ehlo_unstuff_init(&state, options->newline);
    do {
        got = ehlo_unstuff(&state, in + total, size - total, &used, &piece);
        total += used;
        if (got == EHLO_UNSTUFF_PIECE) {
            memcpy(content + length, piece.data, piece.size);
            length += piece.size;
        }
    } while (got == EHLO_UNSTUFF_PIECE);
    if (got == EHLO_UNSTUFF_END && options->newline == EHLO_NEWLINE_REJECT && (state.facts & EHLO_FACT_BARE_NEWLINE)) {
        put_error("refused", total, EHLO_E_NEWLINE);
        return;
    }
    printf("%s\t%lu\t", got == EHLO_UNSTUFF_END ? "message" : "incomplete", (unsigned long)total);
    put(content, length);
    putchar('\n');
}

static void check_smuggle(const char *in, size_t size, const struct options *options)
{
    char *content = malloc(2 * size + 1);

    if (content == NULL) {
        fputs("check: no memory\n", stderr);
        exit(EXIT_IO);
    }
    unstuff(in, size, options, content);
    free(content);
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* The octet that an escape at `in` stands for; `*used` is the escape's size, 1 when it is none. */
static char unescape(const char *in, size_t size, size_t *used)
{
    int high, low;

    *used = 2;
    if (size >= 2 && in[0] == '\\') {
        switch (in[1]) {
        case 'r':
            return '\r';
        case 'n':
            return '\n';
        case 't':
            return '\t';
        case '\\':
            return '\\';
        case 'x':
            if (size < 4 || (high = hex_value(in[2])) < 0 || (low = hex_value(in[3])) < 0)
                break;
            *used = 4;
            return (char)(unsigned char)(high * 16 + low);
        default:
            break;
        }
    }
    *used = 1;
    return in[0];
}

static size_t decode(char *line, size_t size)
{
    size_t at = 0, length = 0, used;

    while (at < size) {
        line[length++] = unescape(line + at, size - at, &used);
        at += used;
    }
    return length;
}

static int run(checker *check, const struct options *options)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t got;

    while ((got = getline(&line, &capacity, stdin)) > 0) {
        if (line[got - 1] == '\n')
            got--;
        check(line, decode(line, (size_t)got), options);
    }
    free(line);
    if (!feof(stdin) || fflush(stdout) != 0 || ferror(stdout)) {
        perror("check");
        return EXIT_IO;
    }
    return 0;
}

static int set_newline(struct options *options, const char *policy)
{
    static const char *const policies[] = {"reject", "normalize", "keep"};
    uint32_t i;

    for (i = 0; i < 3; i++)
        if (policy != NULL && strcmp(policy, policies[i]) == 0) {
            options->newline = i;
            return 1;
        }
    return 0;
}

static checker *find_checker(const char *name)
{
    if (strcmp(name, "address") == 0)
        return check_address;
    if (strcmp(name, "reply") == 0)
        return check_reply;
    if (strcmp(name, "command") == 0)
        return check_command;
    return strcmp(name, "smuggle") == 0 ? check_smuggle : NULL;
}

static int read_options(int argc, char **argv, checker *check, struct options *options)
{
    int i;

    for (i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--smtputf8") == 0 && (check == check_address || check == check_command))
            options->rules |= EHLO_UTF8;
        else if (strcmp(argv[i], "--bare-newline") == 0 && check == check_smuggle && set_newline(options, argv[i + 1]))
            i++;
        else
            return 0;
    }
    return 1;
}

int main(int argc, char **argv)
{
    struct options options = {0, EHLO_NEWLINE_REJECT};
    checker *check = argc > 1 ? find_checker(argv[1]) : NULL;
    int i;

    for (i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0)
            return fputs(usage, stdout) < 0 || fflush(stdout) != 0 ? EXIT_IO : 0;
    if (argc == 2 && strcmp(argv[1], "registry") == 0)
        return list_registry();
    if (check == NULL || !read_options(argc, argv, check, &options)) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    return run(check, &options);
}
