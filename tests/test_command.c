/* SPDX-License-Identifier: ISC
 *
 * Tests of command lines, verbs and parameters.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <ehlo/command.h>

#include "flush.h"
#include "span.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

struct good {
    uint32_t rules;
    const char *line;
    uint32_t verb;
    const char *argument;
    const char *params;
};

struct bad {
    uint32_t rules;
    const char *line;
    int error;
    size_t at;
    uint32_t verb;
};

static const struct good good_lines[] = {
    {0, "EHLO a.b", EHLO_VERB_EHLO, "a.b", ""},
    {0, "ehlo [1.2.3.4]", EHLO_VERB_EHLO, "[1.2.3.4]", ""},
    {0, "HELO [IPv6:::1]", EHLO_VERB_HELO, "[IPv6:::1]", ""},
    {0, "LHLO a \t ", EHLO_VERB_LHLO, "a", ""},
    {EHLO_ALLOW_HELLO, "EHLO my_(host)!", EHLO_VERB_EHLO, "my_(host)!", ""},
    {EHLO_ALLOW_HELLO, "HELO a.b", EHLO_VERB_HELO, "a.b", ""},
    {0, "MAIL FROM:<a@b>", EHLO_VERB_MAIL, "<a@b>", ""},
    {0, "mAiL fRoM:<a@b> \t", EHLO_VERB_MAIL, "<a@b>", ""},
    {0, "MAIL FROM:<>", EHLO_VERB_MAIL, "<>", ""},
    {0, "MAIL FROM:<> SIZE=1 BODY=8BITMIME X-a", EHLO_VERB_MAIL, "<>", "SIZE=1 BODY=8BITMIME X-a"},
    {0, "MAIL FROM:<\"> SIZE=1\"@b> SIZE=2", EHLO_VERB_MAIL, "<\"> SIZE=1\"@b>", "SIZE=2"},
    {0, "MAIL FROM:<@x:a@b> 1", EHLO_VERB_MAIL, "<@x:a@b>", "1"},
    {0, "RCPT TO:<a@b>", EHLO_VERB_RCPT, "<a@b>", ""},
    {0, "rcpt to:<Postmaster> NOTIFY=NEVER", EHLO_VERB_RCPT, "<Postmaster>", "NOTIFY=NEVER"},
    {0, "RCPT TO:<a@b> A=!\"#<>^~", EHLO_VERB_RCPT, "<a@b>", "A=!\"#<>^~"},
    {EHLO_UTF8, "MAIL FROM:<\xC3\xA9@b> SMTPUTF8", EHLO_VERB_MAIL, "<\xC3\xA9@b>", "SMTPUTF8"},
    {EHLO_UTF8, "MAIL FROM:<\xC3\xA9@b> A=\xC3\xA9 smtputf8", EHLO_VERB_MAIL, "<\xC3\xA9@b>", "A=\xC3\xA9 smtputf8"},
    {EHLO_UTF8, "RCPT TO:<\xC3\xA9@b> A=\xC3\xA9", EHLO_VERB_RCPT, "<\xC3\xA9@b>", "A=\xC3\xA9"},
    {EHLO_UTF8 | EHLO_ALLOW_8BIT, "MAIL FROM:<\xE9@b>", EHLO_VERB_MAIL, "<\xE9@b>", ""},
    {EHLO_ALLOW_SPACE, "MAIL FROM: \t<a@b>", EHLO_VERB_MAIL, "<a@b>", ""},
    {EHLO_ALLOW_SPACE, "MAIL FROM:<a@b>\t A  B\t\tC=1", EHLO_VERB_MAIL, "<a@b>", "A  B\t\tC=1"},
    {EHLO_ALLOW_NO_DOMAIN, "MAIL FROM:<postmaster>", EHLO_VERB_MAIL, "<postmaster>", ""},
    {EHLO_ALLOW_NO_BRACKETS, "MAIL FROM:a@b SIZE=1", EHLO_VERB_MAIL, "a@b", "SIZE=1"},
    {EHLO_ALLOW_NO_BRACKETS | EHLO_ALLOW_SPACE, "RCPT TO: \"a b\"@b\tSIZE=1", EHLO_VERB_RCPT, "\"a b\"@b", "SIZE=1"},
    {0, "DATA", EHLO_VERB_DATA, "", ""},
    {0, "DATA \t", EHLO_VERB_DATA, "", ""},
    {0, "RSET", EHLO_VERB_RSET, "", ""},
    {0, "QUIT", EHLO_VERB_QUIT, "", ""},
    {0, "STARTTLS", EHLO_VERB_STARTTLS, "", ""},
    {0, "TURN", EHLO_VERB_TURN, "", ""},
    {0, "NOOP", EHLO_VERB_NOOP, "", ""},
    {0, "NOOP any \t text", EHLO_VERB_NOOP, "any \t text", ""},
    {0, "HELP", EHLO_VERB_HELP, "", ""},
    {0, "HELP me", EHLO_VERB_HELP, "me", ""},
    {0, "VRFY a", EHLO_VERB_VRFY, "a", ""},
    {EHLO_UTF8, "VRFY \xC3\xA9 SMTPUTF8", EHLO_VERB_VRFY, "\xC3\xA9", "SMTPUTF8"},
    {EHLO_UTF8, "VRFY a b smtputf8", EHLO_VERB_VRFY, "a b", "smtputf8"},
    {EHLO_UTF8, "VRFY a \t SMTPUTF8", EHLO_VERB_VRFY, "a", "SMTPUTF8"},
    {EHLO_UTF8, "VRFY SMTPUTF8", EHLO_VERB_VRFY, "SMTPUTF8", ""},
    {EHLO_UTF8, "VRFY aSMTPUTF8", EHLO_VERB_VRFY, "aSMTPUTF8", ""},
    {0, "VRFY a SMTPUTF8", EHLO_VERB_VRFY, "a SMTPUTF8", ""},
    {0, "EXPN a", EHLO_VERB_EXPN, "a", ""},
    {EHLO_UTF8, "EXPN \xC3\xA9 SMTPUTF8", EHLO_VERB_EXPN, "\xC3\xA9", "SMTPUTF8"},
    {0, "BDAT 5", EHLO_VERB_BDAT, "", ""},
    {0, "bdat 5 last", EHLO_VERB_BDAT, "", ""},
    {0, "BDAT 18446744073709551615 LAST ", EHLO_VERB_BDAT, "", ""},
    {EHLO_ALLOW_SPACE, "BDAT 5  LAST", EHLO_VERB_BDAT, "", ""},
    {0, "AUTH PLAIN", EHLO_VERB_AUTH, "PLAIN", ""},
    {0, "AUTH PLAIN =", EHLO_VERB_AUTH, "PLAIN", "="},
    {0, "AUTH x-Y_9 YQ==", EHLO_VERB_AUTH, "x-Y_9", "YQ=="},
    {0, "AUTH 12345678901234567890", EHLO_VERB_AUTH, "12345678901234567890", ""},
    {0, "ETRN #q", EHLO_VERB_ETRN, "#q", ""},
    {0, "ETRN a.b", EHLO_VERB_ETRN, "a.b", ""},
    {0, "ETRN @a.b", EHLO_VERB_ETRN, "@a.b", ""},
    {0, "ATRN", EHLO_VERB_ATRN, "", ""},
    {0, "ATRN a,b", EHLO_VERB_ATRN, "a,b", ""},
    {0, "BURL imap://x", EHLO_VERB_BURL, "imap://x", ""},
    {0, "BURL imap://x LAST", EHLO_VERB_BURL, "imap://x", ""},
    {0, "XCLIENT NAME=a", EHLO_VERB_XCLIENT, "NAME=a", ""},
    {0, "XFORWARD NAME=a", EHLO_VERB_XFORWARD, "NAME=a", ""},
    {0, "SEND FROM:<a@b>", EHLO_VERB_SEND, "FROM:<a@b>", ""},
    {0, "SOML", EHLO_VERB_SOML, "", ""},
    {0, "SAML x", EHLO_VERB_SAML, "x", ""},
    {0, "X", EHLO_VERB_OTHER, "", ""},
    {0, "X1y2 a b ", EHLO_VERB_OTHER, "a b", ""},
    {0, "DATAx", EHLO_VERB_OTHER, "", ""},
    {0, "DAT", EHLO_VERB_OTHER, "", ""},
    {0, "STARTTLSx y", EHLO_VERB_OTHER, "y", ""},
    {0, "MAILFROM", EHLO_VERB_OTHER, "", ""},
};

static const struct bad bad_lines[] = {
    {0, "", EHLO_E_VERB, 0, 0},
    {0, " ", EHLO_E_VERB, 0, 0},
    {0, " QUIT", EHLO_E_VERB, 0, 0},
    {0, "1X", EHLO_E_VERB, 0, 0},
    {0, "X-Y", EHLO_E_VERB, 1, 0},
    {0, "X_Y", EHLO_E_VERB, 1, 0},
    {0, "NOOP\tx", EHLO_E_VERB, 4, 0},
    {0, "QUIT\x01", EHLO_E_VERB, 4, 0},
    {0, "QUIT\r", EHLO_E_VERB, 4, 0},
    {0, "MAILFROM:<a@b>", EHLO_E_VERB, 8, 0},
    {0, "\xC3\xA9", EHLO_E_VERB, 0, 0},
    {0, "QUIT x", EHLO_E_UNWANTED, 5, EHLO_VERB_QUIT},
    {0, "DATA  \t x", EHLO_E_UNWANTED, 8, EHLO_VERB_DATA},
    {0, "RSET x", EHLO_E_UNWANTED, 5, EHLO_VERB_RSET},
    {0, "STARTTLS x", EHLO_E_UNWANTED, 9, EHLO_VERB_STARTTLS},
    {0, "TURN x", EHLO_E_UNWANTED, 5, EHLO_VERB_TURN},
    {0, "EHLO", EHLO_E_MISSING, 4, EHLO_VERB_EHLO},
    {0, "EHLO ", EHLO_E_MISSING, 4, EHLO_VERB_EHLO},
    {0, "HELO", EHLO_E_MISSING, 4, EHLO_VERB_HELO},
    {0, "LHLO", EHLO_E_MISSING, 4, EHLO_VERB_LHLO},
    {0, "VRFY", EHLO_E_MISSING, 4, EHLO_VERB_VRFY},
    {0, "EXPN ", EHLO_E_MISSING, 4, EHLO_VERB_EXPN},
    {0, "ETRN", EHLO_E_MISSING, 4, EHLO_VERB_ETRN},
    {0, "AUTH", EHLO_E_MISSING, 4, EHLO_VERB_AUTH},
    {0, "BDAT", EHLO_E_MISSING, 4, EHLO_VERB_BDAT},
    {0, "BURL", EHLO_E_MISSING, 4, EHLO_VERB_BURL},
    {0, "XCLIENT", EHLO_E_MISSING, 7, EHLO_VERB_XCLIENT},
    {0, "XFORWARD", EHLO_E_MISSING, 8, EHLO_VERB_XFORWARD},
    {0, "EHLO a b", EHLO_E_UNWANTED, 7, EHLO_VERB_EHLO},
    {0, "EHLO [1.2.3.4] (x)", EHLO_E_UNWANTED, 15, EHLO_VERB_EHLO},
    {0, "EHLO  a", EHLO_E_CHARACTER, 5, EHLO_VERB_EHLO},
    {0, "EHLO a_b", EHLO_E_CHARACTER, 6, EHLO_VERB_EHLO},
    {0, "EHLO a..b", EHLO_E_DOMAIN, 7, EHLO_VERB_EHLO},
    {0, "EHLO [1.2.3.4", EHLO_E_UNCLOSED, 13, EHLO_VERB_EHLO},
    {0, "EHLO \xC3\xA9", EHLO_E_UTF8, 5, EHLO_VERB_EHLO},
    {EHLO_UTF8, "EHLO \xC3\xA9", EHLO_E_UTF8, 5, EHLO_VERB_EHLO},
    {EHLO_ALLOW_HELLO, "EHLO a\xC3\xA9", EHLO_E_UTF8, 6, EHLO_VERB_EHLO},
    {EHLO_ALLOW_HELLO, "EHLO \xC3\xA9", EHLO_E_UTF8, 5, EHLO_VERB_EHLO},
    {EHLO_ALLOW_HELLO, "EHLO a\x01", EHLO_E_CHARACTER, 6, EHLO_VERB_EHLO},
    {EHLO_ALLOW_HELLO, "EHLO  a", EHLO_E_CHARACTER, 5, EHLO_VERB_EHLO},
    {EHLO_ALLOW_HELLO, "EHLO a_ b", EHLO_E_UNWANTED, 8, EHLO_VERB_EHLO},
    {0, "MAIL", EHLO_E_MISSING, 4, EHLO_VERB_MAIL},
    {0, "MAIL FRO", EHLO_E_MISSING, 8, EHLO_VERB_MAIL},
    {0, "MAIL FROM:", EHLO_E_MISSING, 10, EHLO_VERB_MAIL},
    {EHLO_ALLOW_SPACE, "MAIL FROM: ", EHLO_E_MISSING, 10, EHLO_VERB_MAIL},
    {0, "MAIL TO:<a@b>", EHLO_E_CHARACTER, 5, EHLO_VERB_MAIL},
    {0, "MAIL FROM <a@b>", EHLO_E_CHARACTER, 9, EHLO_VERB_MAIL},
    {0, "MAIL  FROM:<a@b>", EHLO_E_CHARACTER, 5, EHLO_VERB_MAIL},
    {EHLO_ALLOW_SPACE, "MAIL FROM :<a@b>", EHLO_E_CHARACTER, 9, EHLO_VERB_MAIL},
    {0, "MAIL FROM: <a@b>", EHLO_E_BRACKET, 10, EHLO_VERB_MAIL},
    {0, "MAIL FROM:a@b", EHLO_E_BRACKET, 10, EHLO_VERB_MAIL},
    {0, "MAIL FROM:<a@b", EHLO_E_UNCLOSED, 14, EHLO_VERB_MAIL},
    {0, "MAIL FROM:<a@b>x", EHLO_E_UNWANTED, 15, EHLO_VERB_MAIL},
    {0, "MAIL FROM:<a@b>>", EHLO_E_UNWANTED, 15, EHLO_VERB_MAIL},
    {0, "MAIL FROM:<a@b>\tA", EHLO_E_UNWANTED, 15, EHLO_VERB_MAIL},
    {0, "MAIL FROM:<a@b>  A", EHLO_E_KEYWORD, 16, EHLO_VERB_MAIL},
    {0, "MAIL FROM:<a@b> -A", EHLO_E_KEYWORD, 16, EHLO_VERB_MAIL},
    {0, "MAIL FROM:<a@b> A!", EHLO_E_KEYWORD, 17, EHLO_VERB_MAIL},
    {0, "MAIL FROM:<a@b> =1", EHLO_E_KEYWORD, 16, EHLO_VERB_MAIL},
    {0, "MAIL FROM:<a@b> A=", EHLO_E_VALUE, 18, EHLO_VERB_MAIL},
    {0, "MAIL FROM:<a@b> A= B", EHLO_E_VALUE, 18, EHLO_VERB_MAIL},
    {0, "MAIL FROM:<a@b> A=1=2", EHLO_E_VALUE, 19, EHLO_VERB_MAIL},
    {0, "MAIL FROM:<a@b> A=1\x01", EHLO_E_CHARACTER, 19, EHLO_VERB_MAIL},
    {0, "MAIL FROM:<a@b> A=\xC3\xA9", EHLO_E_UTF8, 18, EHLO_VERB_MAIL},
    {0, "MAIL FROM:<a@b> A  B", EHLO_E_KEYWORD, 18, EHLO_VERB_MAIL},
    {0, "MAIL FROM:<a@b> A\tB", EHLO_E_KEYWORD, 17, EHLO_VERB_MAIL},
    {0, "MAIL FROM:<a@b> A=1 B=2 a=3", EHLO_E_DUPLICATE, 24, EHLO_VERB_MAIL},
    {0, "MAIL FROM:<a@b> A a", EHLO_E_DUPLICATE, 18, EHLO_VERB_MAIL},
    {EHLO_ALLOW_SPACE, "MAIL FROM:<a@b>  A \t a", EHLO_E_DUPLICATE, 21, EHLO_VERB_MAIL},
    {0, "MAIL FROM:<postmaster>", EHLO_E_DOMAIN, 21, EHLO_VERB_MAIL},
    {EHLO_ALLOW_NO_BRACKETS, "MAIL FROM:postmaster", EHLO_E_DOMAIN, 20, EHLO_VERB_MAIL},
    {0, "RCPT TO:<>", EHLO_E_LOCAL_PART, 9, EHLO_VERB_RCPT},
    {EHLO_ALLOW_ALL, "RCPT TO:<>", EHLO_E_LOCAL_PART, 9, EHLO_VERB_RCPT},
    {0, "RCPT FROM:<a@b>", EHLO_E_CHARACTER, 5, EHLO_VERB_RCPT},
    {0, "RCPT TO:", EHLO_E_MISSING, 8, EHLO_VERB_RCPT},
    {0, "RCPT", EHLO_E_MISSING, 4, EHLO_VERB_RCPT},
    {0, "RCPT TO:<\xC3\xA9@b>", EHLO_E_UTF8, 9, EHLO_VERB_RCPT},
    {0, "MAIL FROM:<\xC3\xA9@b> SMTPUTF8", EHLO_E_UTF8, 11, EHLO_VERB_MAIL},
    {EHLO_UTF8, "MAIL FROM:<\xC3\xA9@b>", EHLO_E_UTF8, 11, EHLO_VERB_MAIL},
    {EHLO_UTF8, "MAIL FROM:<a@b> A=\xC3\xA9", EHLO_E_UTF8, 18, EHLO_VERB_MAIL},
    {EHLO_UTF8, "MAIL FROM:<\xC3@b> SMTPUTF8", EHLO_E_UTF8, 12, EHLO_VERB_MAIL},
    {EHLO_UTF8, "MAIL FROM:<\"\xC3\xA9 SMTPUTF8\"@b>", EHLO_E_UTF8, 12, EHLO_VERB_MAIL},
    {EHLO_UTF8, "MAIL FROM:<\xC3\xA9@b> A=SMTPUTF8", EHLO_E_UTF8, 11, EHLO_VERB_MAIL},
    {EHLO_UTF8, "MAIL FROM:<\xC3\xA9@b> SMTPUTF8=x", EHLO_E_UTF8, 11, EHLO_VERB_MAIL},
    {EHLO_UTF8, "MAIL FROM:<a@b> SMTPUTF8=\xC3\xA9", EHLO_E_UTF8, 25, EHLO_VERB_MAIL},
    {0, "NOOP a\x01", EHLO_E_CHARACTER, 6, EHLO_VERB_NOOP},
    {0, "NOOP a\x7F", EHLO_E_CHARACTER, 6, EHLO_VERB_NOOP},
    {0, "NOOP a\nb", EHLO_E_CHARACTER, 6, EHLO_VERB_NOOP},
    {0, "VRFY \xC3\xA9", EHLO_E_UTF8, 5, EHLO_VERB_VRFY},
    {EHLO_ALLOW_8BIT, "VRFY \xC3\xA9", EHLO_E_UTF8, 5, EHLO_VERB_VRFY},
    {EHLO_UTF8, "VRFY \xC3", EHLO_E_UTF8, 5, EHLO_VERB_VRFY},
    {0, "XYZ a\x01", EHLO_E_CHARACTER, 5, EHLO_VERB_OTHER},
    {EHLO_UTF8, "VRFY \xC3\xA9", EHLO_E_UTF8, 5, EHLO_VERB_VRFY},
    {EHLO_UTF8, "VRFY \xC3\xA9\tSMTPUTF8", EHLO_E_UTF8, 5, EHLO_VERB_VRFY},
    {EHLO_UTF8, "VRFY   SMTPUTF8", EHLO_E_MISSING, 5, EHLO_VERB_VRFY},
    {EHLO_UTF8, "VRFY \xC3 SMTPUTF8", EHLO_E_UTF8, 6, EHLO_VERB_VRFY},
    {0, "VRFY \xC3\xA9 SMTPUTF8", EHLO_E_UTF8, 5, EHLO_VERB_VRFY},
    {0, "BDAT x", EHLO_E_CHARACTER, 5, EHLO_VERB_BDAT},
    {0, "BDAT -1", EHLO_E_CHARACTER, 5, EHLO_VERB_BDAT},
    {0, "BDAT  1", EHLO_E_CHARACTER, 5, EHLO_VERB_BDAT},
    {0, "BDAT 1x", EHLO_E_CHARACTER, 6, EHLO_VERB_BDAT},
    {0, "BDAT 1\tLAST", EHLO_E_CHARACTER, 6, EHLO_VERB_BDAT},
    {0, "BDAT 1  LAST", EHLO_E_CHARACTER, 7, EHLO_VERB_BDAT},
    {0, "BDAT 1 LAS", EHLO_E_UNWANTED, 7, EHLO_VERB_BDAT},
    {0, "BDAT 1 LASTx", EHLO_E_UNWANTED, 7, EHLO_VERB_BDAT},
    {0, "BDAT 1 LAST x", EHLO_E_UNWANTED, 12, EHLO_VERB_BDAT},
    {0, "AUTH *", EHLO_E_CHARACTER, 5, EHLO_VERB_AUTH},
    {0, "AUTH PLAIN  =", EHLO_E_CHARACTER, 11, EHLO_VERB_AUTH},
    {0, "AUTH PLAIN YQ", EHLO_E_BASE64, 13, EHLO_VERB_AUTH},
    {0, "AUTH PLAIN Y*==", EHLO_E_BASE64, 12, EHLO_VERB_AUTH},
    {0, "AUTH PLAIN = =", EHLO_E_UNWANTED, 13, EHLO_VERB_AUTH},
    {0, "AUTH 123456789012345678901", EHLO_E_CHARACTER, 25, EHLO_VERB_AUTH},
    {0, "ETRN #", EHLO_E_CHARACTER, 6, EHLO_VERB_ETRN},
    {0, "ETRN @", EHLO_E_DOMAIN, 6, EHLO_VERB_ETRN},
    {0, "ETRN a b", EHLO_E_UNWANTED, 7, EHLO_VERB_ETRN},
    {0, "ATRN a,", EHLO_E_DOMAIN, 7, EHLO_VERB_ATRN},
    {0, "ATRN a, b", EHLO_E_CHARACTER, 7, EHLO_VERB_ATRN},
    {0, "ATRN a b", EHLO_E_UNWANTED, 7, EHLO_VERB_ATRN},
    {0, "BURL imap://\xC3\xA9", EHLO_E_UTF8, 12, EHLO_VERB_BURL},
    {0, "BURL imap://x FIRST", EHLO_E_UNWANTED, 14, EHLO_VERB_BURL},
};

/* The rows follow the table of verbs: no other argument is taken, and none is missing. */
static void valid_lines(void **state)
{
    struct ehlo_command command;
    size_t i, size, at;
    char *copy;

    (void)state;
    for (i = 0; i < COUNT(good_lines); i++) {
        size = strlen(good_lines[i].line);
        copy = flush_copy(good_lines[i].line, size);
        if (ehlo_command_parse(&command, copy, size, good_lines[i].rules, &at) != 0)
            fail_msg("%s: refused at %lu", good_lines[i].line, (unsigned long)at);
        assert_int_equal(command.verb, good_lines[i].verb);
        assert_int_equal(command.name.size, strcspn(good_lines[i].line, " \t"));
        assert_ptr_equal(command.name.data, copy);
        assert_span(command.argument, good_lines[i].argument);
        assert_span(command.params, good_lines[i].params);
        flush_free(copy, size);
    }
}

static void invalid_lines(void **state)
{
    struct ehlo_command command;
    size_t i, size, at, behind = 0;
    char *copy;
    int error;

    (void)state;
    for (i = 0; i < COUNT(bad_lines); i++) {
        size = strlen(bad_lines[i].line);
        copy = flush_copy(bad_lines[i].line, size);
        error = ehlo_command_parse(&command, copy, size, bad_lines[i].rules, &at);
        if (error != bad_lines[i].error || at != bad_lines[i].at)
            fail_msg("%s: error %d at %lu", bad_lines[i].line, error, (unsigned long)at);
        assert_int_equal(command.verb, bad_lines[i].verb);
        assert_int_equal(command.name.size > 0, error != EHLO_E_VERB);
        if (command.argument.data != NULL) { /* a path, and the fault behind it */
            assert_true(command.verb == EHLO_VERB_MAIL || command.verb == EHLO_VERB_RCPT);
            assert_true(at >= (size_t)(command.argument.data - copy) + command.argument.size);
        }
        behind += command.argument.data != NULL;
        assert_null(command.path.local.data);
        assert_null(command.params.data);
        flush_free(copy, size);
    }
    assert_in_range(behind, 5, COUNT(bad_lines) / 2);
    assert_int_equal(ehlo_command_parse(&command, NULL, 0, 0, &at), EHLO_E_VERB);
    assert_int_equal(ehlo_command_parse(&command, "NOOP \0", 6, 0, &at), EHLO_E_CHARACTER);
    assert_int_equal(at, 5);
}

static void path_of_a_line(void **state)
{
    struct ehlo_command command;
    size_t at;

    (void)state;
    assert_int_equal(ehlo_command_parse(&command, "RCPT TO:<@x:a@b> A=1", 20, 0, &at), 0);
    assert_span(command.path.local, "a");
    assert_span(command.path.domain, "b");
    assert_int_equal(command.path.kind, EHLO_PATH_ROUTED);
    assert_int_equal(ehlo_command_parse(&command, "MAIL FROM:<>", 12, 0, &at), 0);
    assert_int_equal(command.path.kind, EHLO_PATH_NULL);
}

/* BDAT takes as many digits as one likes, and more than a number holds is the largest. */
static void chunk_lines(void **state)
{
    static const struct {
        const char *line;
        uint64_t octets;
        uint32_t last;
    } rows[] = {
        {"BDAT 0", 0, 0},
        {"BDAT 0 LAST", 0, 1},
        {"BDAT 000000000000000000000000000000000000000000000012 last", 12, 1},
        {"BDAT 9223372036854775807", INT64_MAX, 0},
        {"BDAT 9223372036854775808", UINT64_C(9223372036854775808), 0},
        {"BDAT 18446744073709551614", UINT64_MAX - 1, 0},
        {"BDAT 18446744073709551615", UINT64_MAX, 0},
        {"BDAT 18446744073709551616", UINT64_MAX, 0},
        {"BDAT 18446744073709551620", UINT64_MAX, 0},
        {"BDAT 99999999999999999999999999999", UINT64_MAX, 0},
        {"BURL a", 0, 0},
        {"BURL a LAST", 0, 1},
        {"RSET", 0, 0},
    };
    struct ehlo_command command, again;
    char out[100];
    size_t i, at, length;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        assert_int_equal(ehlo_command_parse(&command, rows[i].line, strlen(rows[i].line), 0, &at), 0);
        assert_true(command.octets == rows[i].octets);
        assert_int_equal(command.last, rows[i].last);
        assert_int_equal(ehlo_command_format(out, sizeof out, &length, &command, 0), 0);
        assert_int_equal(ehlo_command_parse(&again, out, length - 2, 0, &at), 0);
        assert_true(again.octets == rows[i].octets);
        assert_int_equal(again.last, rows[i].last);
    }
    assert_int_equal(ehlo_command_parse(&command, "BDAT 5 LAST x", 13, 0, &at), EHLO_E_UNWANTED);
    assert_true(command.octets == 0);
    assert_int_equal(command.last, 0);
}

static void truncated_lines(void **state)
{
    struct ehlo_command command;
    size_t i, size, end, at;
    char *copy;
    int error;

    (void)state;
    for (i = 0; i < COUNT(good_lines); i++)
        for (size = 0; size < strlen(good_lines[i].line); size++) {
            copy = flush_copy(good_lines[i].line, size);
            error = ehlo_command_parse(&command, copy, size, good_lines[i].rules, &at);
            assert_true(error <= 0 && at <= size);
            /* what is missing is missed at the end, but that SMTPUTF8 may be missing */
            for (end = size; end > 0 && (copy[end - 1] == ' ' || copy[end - 1] == '\t'); end--)
                ;
            if (error == EHLO_E_UNWANTED) /* a word that may become LAST */
                assert_true(at < end && (copy[at] == 'L' || copy[at] == 'l'));
            else if (error != 0 && error != EHLO_E_UTF8)
                assert_int_equal(at, end);
            flush_free(copy, size);
        }
}

/* Each flag for command lines lifts its rule, and no other flag does. */
static void flags(void **state)
{
    static const struct {
        uint32_t flag;
        const char *line;
    } rows[] = {
        {EHLO_ALLOW_SPACE, "MAIL FROM: <a@b>"},
        {EHLO_ALLOW_SPACE, "RCPT TO:\t<a@b>"},
        {EHLO_ALLOW_SPACE, "MAIL FROM:<a@b>  A"},
        {EHLO_ALLOW_SPACE, "MAIL FROM:<a@b>\tA"},
        {EHLO_ALLOW_SPACE, "MAIL FROM:<a@b> A\tB"},
        {EHLO_ALLOW_SPACE, "MAIL FROM:<a@b> A=1  B"},
        {EHLO_ALLOW_HELLO, "EHLO (x)"},
        {EHLO_ALLOW_HELLO, "HELO [1.2.3"},
        {EHLO_ALLOW_UNDERSCORE, "EHLO a_b"},
        {EHLO_ALLOW_TRAILING_DOT, "HELO a."},
        {EHLO_ALLOW_HYPHEN, "HELO -a-"},
        {EHLO_ALLOW_LITERAL, "HELO [::1]"},
        {EHLO_ALLOW_NO_DOMAIN, "MAIL FROM:<Postmaster>"},
        {EHLO_ALLOW_NO_DOMAIN, "RCPT TO:<root>"},
        {EHLO_ALLOW_NO_BRACKETS, "RCPT TO:a@b"},
        {EHLO_ALLOW_LONG_LOCAL, "RCPT TO:<12345678901234567890123456789012345678901234567890123456789012345@b>"},
        {EHLO_UTF8, "RCPT TO:<\xC3\xA9@\xC3\xA9>"},
    };
    struct ehlo_command command;
    uint32_t others;
    size_t i, size, at;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        size = strlen(rows[i].line);
        others = (EHLO_ALLOW_ALL | EHLO_UTF8) & ~rows[i].flag;
        if (memcmp(rows[i].line + 1, "ELO", 3) == 0 || memcmp(rows[i].line + 1, "HLO", 3) == 0)
            others &= ~(uint32_t)EHLO_ALLOW_HELLO; /* lets any domain in */
        assert_true(ehlo_command_parse(&command, rows[i].line, size, 0, &at) < 0);
        assert_true(ehlo_command_parse(&command, rows[i].line, size, others, &at) < 0);
        assert_int_equal(ehlo_command_parse(&command, rows[i].line, size, rows[i].flag, &at), 0);
    }
}

static void many_params(void **state)
{
    char line[400] = "MAIL FROM:<>";
    struct ehlo_command command;
    size_t at, size = 12;
    int i;

    (void)state;
    for (i = 0; i < 32; i++)
        size += (size_t)snprintf(line + size, sizeof line - size, " P%d", i);
    assert_int_equal(ehlo_command_parse(&command, line, size, 0, &at), 0);
    memcpy(line + size, " P32", 5);
    assert_int_equal(ehlo_command_parse(&command, line, size + 4, 0, &at), EHLO_E_UNWANTED);
    assert_int_equal(at, size + 1);
}

static void long_hello(void **state)
{
    char line[300] = "EHLO ";
    struct ehlo_command command;
    size_t at;

    (void)state;
    memset(line + 5, '!', sizeof line - 5);
    assert_int_equal(ehlo_command_parse(&command, line, 260, EHLO_ALLOW_HELLO, &at), 0);
    assert_int_equal(ehlo_command_parse(&command, line, 261, EHLO_ALLOW_HELLO, &at), EHLO_E_DOMAIN_LONG);
    assert_int_equal(at, 260);
}

static void verbs(void **state)
{
    uint32_t verb, count = 0;
    const char *name;
    char lower[16];
    size_t i;

    (void)state;
    for (verb = 0; verb < 40; verb++) {
        name = ehlo_verb_name(verb);
        if (name[0] == '\0')
            continue;
        count++;
        assert_int_equal(ehlo_verb_find(name, strlen(name)), verb);
        for (i = 0; name[i] != '\0'; i++)
            lower[i] = (char)(name[i] - 'A' + 'a');
        assert_int_equal(ehlo_verb_find(lower, i), verb);
        assert_int_equal(ehlo_verb_find(name, i - 1), EHLO_VERB_OTHER);
        lower[i] = 'x';
        assert_int_equal(ehlo_verb_find(lower, i + 1), EHLO_VERB_OTHER);
        /* the table's padding is no part of a name */
        memset(lower + i, 0, sizeof lower - i);
        for (i++; i <= sizeof lower; i++)
            assert_int_equal(ehlo_verb_find(lower, i), EHLO_VERB_OTHER);
    }
    assert_int_equal(count, EHLO_VERB_TURN);
    assert_int_equal(ehlo_verb_find("", 0), EHLO_VERB_OTHER);
    assert_int_equal(ehlo_verb_find(NULL, 0), EHLO_VERB_OTHER);
    assert_int_equal(ehlo_verb_find("MAIL\0\0", 6), EHLO_VERB_OTHER);
    assert_string_equal(ehlo_verb_name(UINT32_MAX), "");
}

static void formats(void **state)
{
    struct ehlo_command command, again;
    char out[200];
    size_t i, size, length, at;

    (void)state;
    for (i = 0; i < COUNT(good_lines); i++) {
        size = strlen(good_lines[i].line);
        assert_int_equal(ehlo_command_parse(&command, good_lines[i].line, size, good_lines[i].rules, &at), 0);
        assert_int_equal(ehlo_command_format(out, sizeof out, &length, &command, good_lines[i].rules), 0);
        assert_memory_equal(out + length - 2, "\r\n", 2);
        assert_int_equal(ehlo_command_parse(&again, out, length - 2, good_lines[i].rules, &at), 0);
        assert_int_equal(again.verb, command.verb);
        assert_span(again.params, good_lines[i].params);
        if (command.verb == EHLO_VERB_MAIL || command.verb == EHLO_VERB_RCPT)
            assert_true(ehlo_path_equal(&again.path, &command.path));
        else
            assert_span(again.argument, good_lines[i].argument);
        memset(out, '#', sizeof out);
        assert_int_equal(ehlo_command_format(out, length - 1, &at, &command, good_lines[i].rules), EHLO_E_SPACE);
        assert_int_equal(at, length);
        assert_int_equal(out[0], '#');
        assert_int_equal(ehlo_command_format(NULL, 0, &at, &command, good_lines[i].rules), EHLO_E_SPACE);
    }
}

/* Nothing that a caller gives may become a second command, or another one. */
static void formats_refused(void **state)
{
    static const struct {
        uint32_t verb;
        const char *name, *argument, *local, *domain, *params;
        uint32_t rules;
        int error;
    } rows[] = {
        {EHLO_VERB_OTHER, "XYZ", "a", "", "", "", 0, 0},
        {EHLO_VERB_OTHER, "", "", "", "", "", 0, EHLO_E_VERB},
        {EHLO_VERB_OTHER, "X Y", "", "", "", "", 0, EHLO_E_VERB},
        {EHLO_VERB_OTHER, "X\r\nY", "", "", "", "", 0, EHLO_E_VERB},
        {EHLO_VERB_OTHER, "Quit", "", "", "", "", 0, EHLO_E_VERB},
        {99, "QUIT", "", "", "", "", 0, EHLO_E_VERB},
        {EHLO_VERB_QUIT, "", "x", "", "", "", 0, EHLO_E_UNWANTED},
        {EHLO_VERB_QUIT, "", " ", "", "", "", 0, EHLO_E_UNWANTED},
        {EHLO_VERB_NOOP, "", "x\r\nQUIT", "", "", "", 0, EHLO_E_CHARACTER},
        {EHLO_VERB_NOOP, "", "x ", "", "", "", 0, EHLO_E_CHARACTER},
        {EHLO_VERB_NOOP, "", "\xC3\xA9", "", "", "", 0, EHLO_E_UTF8},
        {EHLO_VERB_VRFY, "", "", "", "", "", 0, EHLO_E_MISSING},
        {EHLO_VERB_EHLO, "", "", "", "", "", 0, EHLO_E_MISSING},
        {EHLO_VERB_EHLO, "", "a b", "", "", "", 0, EHLO_E_UNWANTED},
        {EHLO_VERB_EHLO, "", "a ", "", "", "", 0, EHLO_E_UNWANTED},
        {EHLO_VERB_EHLO, "", "a\r\n", "", "", "", 0, EHLO_E_CHARACTER},
        {EHLO_VERB_MAIL, "", "", "a", "b", "SIZE=1", 0, 0},
        {EHLO_VERB_MAIL, "", "", "a", "b> SIZE=1", "", 0, EHLO_E_CHARACTER},
        {EHLO_VERB_MAIL, "", "", "a", "b", "SIZE=1\r\nQUIT", 0, EHLO_E_CHARACTER},
        {EHLO_VERB_MAIL, "", "", "a", "b", " SIZE=1", 0, EHLO_E_KEYWORD},
        {EHLO_VERB_MAIL, "", "", "a", "b", "SIZE=1 ", 0, EHLO_E_KEYWORD},
        {EHLO_VERB_MAIL, "", "", "a", "b", "SIZE=1 size=2", 0, EHLO_E_DUPLICATE},
        {EHLO_VERB_MAIL, "", "", "\xC3\xA9", "b", "", EHLO_UTF8, EHLO_E_UTF8},
        {EHLO_VERB_MAIL, "", "", "\xC3\xA9", "b", "SMTPUTF8", EHLO_UTF8, 0},
        {EHLO_VERB_MAIL, "", "", "\xC3\xA9", "b", "SMTPUTF8", 0, EHLO_E_UTF8},
        {EHLO_VERB_MAIL, "", "", "\xC3\xA9", "b", "SMTPUTF8=x", EHLO_UTF8, EHLO_E_UTF8},
        {EHLO_VERB_RCPT, "", "", "\xC3\xA9", "b", "", EHLO_UTF8, 0},
        {EHLO_VERB_AUTH, "", "PLAIN", "", "", "YQ==", 0, 0},
        {EHLO_VERB_AUTH, "", "PLAIN", "", "", "", 0, 0},
        {EHLO_VERB_AUTH, "", "PLAIN", "", "", "=", 0, 0},
        {EHLO_VERB_AUTH, "", "PLAIN =", "", "", "", 0, EHLO_E_CHARACTER},
        {EHLO_VERB_AUTH, "", "PLAIN", "", "", "YQ", 0, EHLO_E_BASE64},
        {EHLO_VERB_AUTH, "", "PLAIN", "", "", "=\r\nQUIT", 0, EHLO_E_BASE64},
        {EHLO_VERB_AUTH, "", "", "", "", "=", 0, EHLO_E_MISSING},
        {EHLO_VERB_VRFY, "", "\xC3\xA9", "", "", "SMTPUTF8", EHLO_UTF8, 0},
        {EHLO_VERB_VRFY, "", "\xC3\xA9", "", "", "SMTPUTF8", 0, EHLO_E_VALUE},
        {EHLO_VERB_VRFY, "", "\xC3\xA9", "", "", "", EHLO_UTF8, EHLO_E_UTF8},
        {EHLO_VERB_VRFY, "", "a", "", "", "X", EHLO_UTF8, EHLO_E_VALUE},
        {EHLO_VERB_BURL, "", "a LAST", "", "", "", 0, EHLO_E_CHARACTER},
        {EHLO_VERB_BURL, "", "a\r\nQUIT", "", "", "", 0, EHLO_E_CHARACTER},
        {EHLO_VERB_ETRN, "", "a\r\nQUIT", "", "", "", 0, EHLO_E_CHARACTER},
        {EHLO_VERB_ATRN, "", "a,", "", "", "", 0, EHLO_E_DOMAIN},
    };
    struct ehlo_command command;
    char out[100];
    size_t i, length;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        memset(&command, 0, sizeof command);
        command.verb = rows[i].verb;
        command.name = span(rows[i].name);
        command.argument = span(rows[i].argument);
        command.path.local = span(rows[i].local);
        command.path.domain = span(rows[i].domain);
        command.params = span(rows[i].params);
        out[0] = '#';
        if (ehlo_command_format(out, sizeof out, &length, &command, rows[i].rules) != rows[i].error)
            fail_msg("row %lu", (unsigned long)i);
        assert_int_equal(out[0] == '#', rows[i].error != 0);
    }
    memset(&command, 0, sizeof command);
    command.verb = EHLO_VERB_RCPT;
    command.path.kind = EHLO_PATH_NULL;
    assert_int_equal(ehlo_command_format(out, sizeof out, &length, &command, 0), EHLO_E_LOCAL_PART);
    command.verb = EHLO_VERB_MAIL;
    assert_int_equal(ehlo_command_format(out, sizeof out, &length, &command, 0), 0);
    assert_int_equal(length, 14);
    assert_memory_equal(out, "MAIL FROM:<>\r\n", 14);
}

static void params(void **state)
{
    struct ehlo_span list = span("SIZE=1 body=8BITMIME X");
    struct ehlo_param param;
    size_t at;

    (void)state;
    assert_int_equal(ehlo_param_find(&list, "BODY", 4, &param), 1);
    assert_span(param.keyword, "body");
    assert_span(param.value, "8BITMIME");
    assert_int_equal(ehlo_param_find(&list, "x", 1, &param), 1);
    assert_null(param.value.data);
    assert_int_equal(ehlo_param_find(&list, "SIZ", 3, &param), 0);
    assert_null(param.keyword.data);
    assert_int_equal(ehlo_param_next(&list, &param, 0, &at), 1);
    assert_span(param.keyword, "SIZE");
    assert_int_equal(ehlo_param_next(&list, &param, 0, &at), 1);
    assert_int_equal(ehlo_param_next(&list, &param, 0, &at), 1);
    assert_span(param.keyword, "X");
    assert_int_equal(ehlo_param_next(&list, &param, 0, &at), 0);
    assert_int_equal(ehlo_param_next(&list, &param, 0, &at), 0);
    list.data = NULL;
    assert_int_equal(ehlo_param_next(&list, &param, EHLO_ALLOW_SPACE, &at), 0);
    list = span("A B\t");
    assert_int_equal(ehlo_param_next(&list, &param, 0, &at), 1);
    assert_int_equal(ehlo_param_next(&list, &param, 0, &at), EHLO_E_KEYWORD);
    assert_int_equal(at, 1);
    assert_int_equal(list.size, 2);
    assert_int_equal(ehlo_param_next(&list, &param, EHLO_ALLOW_SPACE, &at), 1);
    list = span("A ");
    assert_int_equal(ehlo_param_next(&list, &param, 0, &at), EHLO_E_KEYWORD);
    assert_int_equal(ehlo_param_next(&list, &param, EHLO_ALLOW_SPACE, &at), 1);
    assert_int_equal(ehlo_param_next(&list, &param, EHLO_ALLOW_SPACE, &at), 0);
}

static void param_formats(void **state)
{
    static const struct {
        const char *keyword, *value;
        uint32_t rules;
        int error;
        const char *out;
    } rows[] = {
        {"SIZE", "1", 0, 0, " SIZE=1"},         {"X-y", NULL, 0, 0, " X-y"},
        {"", NULL, 0, EHLO_E_KEYWORD, ""},      {"-X", NULL, 0, EHLO_E_KEYWORD, ""},
        {"X Y", NULL, 0, EHLO_E_KEYWORD, ""},   {"X=", "1", 0, EHLO_E_KEYWORD, ""},
        {"X", "", 0, EHLO_E_VALUE, ""},         {"X", "a b", 0, EHLO_E_VALUE, ""},
        {"X", "a=b", 0, EHLO_E_VALUE, ""},      {"X", "a\r\nQUIT", 0, EHLO_E_VALUE, ""},
        {"X", "\xC3\xA9", 0, EHLO_E_VALUE, ""}, {"X", "\xC3\xA9", EHLO_UTF8, 0, " X=\xC3\xA9"},
    };
    struct ehlo_param param;
    char out[20];
    size_t i, length;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        memset(&param, 0, sizeof param);
        param.keyword = span(rows[i].keyword);
        if (rows[i].value != NULL)
            param.value = span(rows[i].value);
        assert_int_equal(ehlo_param_format(out, sizeof out, &length, &param, rows[i].rules), rows[i].error);
        if (rows[i].error != 0)
            continue;
        assert_int_equal(length, strlen(rows[i].out));
        assert_memory_equal(out, rows[i].out, length);
        assert_int_equal(ehlo_param_format(out, length - 1, &length, &param, rows[i].rules), EHLO_E_SPACE);
    }
}

static void numbers(void **state)
{
    static const struct {
        const char *digits;
        int error;
        uint64_t number;
    } rows[] = {
        {"0", 0, 0},
        {"00000000000000000001", 0, 1},
        {"9223372036854775808", 0, UINT64_C(9223372036854775808)},
        {"18446744073709551615", 0, UINT64_MAX},
        {"18446744073709551616", 0, UINT64_MAX},
        {"18446744073709551609", 0, UINT64_C(18446744073709551609)},
        {"18446744073709551620", 0, UINT64_MAX},
        {"99999999999999999999", 0, UINT64_MAX},
        {"000000000000000000001", EHLO_E_VALUE, 7},
        {"99999999999999999999999999999", EHLO_E_VALUE, 7},
        {"", EHLO_E_VALUE, 7},
        {"1a", EHLO_E_VALUE, 7},
        {"-1", EHLO_E_VALUE, 7},
        {"+1", EHLO_E_VALUE, 7},
        {" 1", EHLO_E_VALUE, 7},
        {"1/", EHLO_E_VALUE, 7},
        {"1:", EHLO_E_VALUE, 7},
    };
    uint64_t number;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        number = 7;
        assert_int_equal(ehlo_number_parse(rows[i].digits, strlen(rows[i].digits), &number), rows[i].error);
        assert_true(number == rows[i].number);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_lines),     cmocka_unit_test(invalid_lines), cmocka_unit_test(path_of_a_line),
        cmocka_unit_test(truncated_lines), cmocka_unit_test(flags),         cmocka_unit_test(many_params),
        cmocka_unit_test(long_hello),      cmocka_unit_test(verbs),         cmocka_unit_test(formats),
        cmocka_unit_test(formats_refused), cmocka_unit_test(params),        cmocka_unit_test(param_formats),
        cmocka_unit_test(numbers),         cmocka_unit_test(chunk_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
