/* SPDX-License-Identifier: ISC
 *
 * Tests of the values of known parameters: each form as its RFC has it, from text to fields and back.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <strings.h>
#include <ehlo/address.h>
#include <ehlo/command.h>
#include <ehlo/extension.h>
#include <ehlo/param.h>

#include "flush.h"
#include "span.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define MAIL EHLO_VERB_MAIL
#define RCPT EHLO_VERB_RCPT

#define TEN "xxxxxxxxxx"
#define FIFTY TEN TEN TEN TEN TEN
#define HUNDRED FIFTY FIFTY
#define FIVE_HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED

struct good {
    uint32_t verb;
    const char *keyword, *value;
    uint32_t rules;
    uint32_t choice;
    int64_t number;
    const char *type, *text;
    const char *written; /* NULL: as it was read */
};

struct bad {
    uint32_t verb;
    const char *keyword, *value;
    uint32_t rules;
    size_t at;
};

static const struct good good_values[] = {
    {MAIL, "SMTPUTF8", NULL, 0, 0, 0, NULL, NULL, NULL},
    {EHLO_VERB_VRFY, "smtputf8", NULL, 0, 0, 0, NULL, NULL, NULL},
    {MAIL, "REQUIRETLS", NULL, 0, 0, 0, NULL, NULL, NULL},
    {MAIL, "CONPERM", NULL, 0, 0, 0, NULL, NULL, NULL},
    {RCPT, "CONNEG", NULL, 0, 0, 0, NULL, NULL, NULL},

    {MAIL, "SIZE", "0", 0, 0, 0, NULL, "0", NULL},
    {MAIL, "size", "0001", 0, 0, 1, NULL, "0001", NULL},
    {MAIL, "SIZE", "9223372036854775807", 0, 0, INT64_MAX, NULL, "9223372036854775807", NULL},
    {MAIL, "SIZE", "9223372036854775808", 0, 0, INT64_MAX, NULL, "9223372036854775808", NULL},
    {MAIL, "SIZE", "18446744073709551616", 0, 0, INT64_MAX, NULL, "18446744073709551616", NULL},
    {MAIL, "SIZE", "99999999999999999999", 0, 0, INT64_MAX, NULL, "99999999999999999999", NULL},

    {MAIL, "BODY", "7bit", 0, EHLO_BODY_7BIT, 0, NULL, NULL, "7BIT"},
    {MAIL, "BODY", "8BITMIME", 0, EHLO_BODY_8BITMIME, 0, NULL, NULL, NULL},
    {MAIL, "BODY", "BinaryMIME", 0, EHLO_BODY_BINARYMIME, 0, NULL, NULL, "BINARYMIME"},
    {MAIL, "RET", "FULL", 0, EHLO_RET_FULL, 0, NULL, NULL, NULL},
    {MAIL, "RET", "hdrs", 0, EHLO_RET_HDRS, 0, NULL, NULL, "HDRS"},

    {MAIL, "ENVID", "QQ314159", 0, 0, 0, NULL, "QQ314159", NULL},
    {MAIL, "ENVID", "!+20+2B+3D+09~", 0, 0, 0, NULL, "!+20+2B+3D+09~", NULL},
    {MAIL, "ENVID", HUNDRED, 0, 0, 0, NULL, HUNDRED, NULL},

    {RCPT, "NOTIFY", "never", 0, EHLO_NOTIFY_NEVER, 0, NULL, NULL, "NEVER"},
    {RCPT, "NOTIFY", "DELAY", 0, EHLO_NOTIFY_DELAY, 0, NULL, NULL, NULL},
    {RCPT, "NOTIFY", "Failure,Success", 0, EHLO_NOTIFY_SUCCESS | EHLO_NOTIFY_FAILURE, 0, NULL, NULL, "SUCCESS,FAILURE"},
    {RCPT, "NOTIFY", "SUCCESS,SUCCESS", 0, EHLO_NOTIFY_SUCCESS, 0, NULL, NULL, "SUCCESS"},
    {RCPT, "NOTIFY", "SUCCESS,FAILURE,DELAY", 0, 14, 0, NULL, NULL, NULL},

    {RCPT, "ORCPT", "rfc822;Bob@Example.COM", 0, 0, 0, "rfc822", "Bob@Example.COM", NULL},
    {RCPT, "ORCPT", "x400;", 0, 0, 0, "x400", NULL, NULL},
    {RCPT, "ORCPT", "rfc822;\"a+20b\"@c;d", 0, 0, 0, "rfc822", "\"a+20b\"@c;d", NULL},
    {RCPT, "ORCPT", "rfc822;\\x{E9}", 0, 0, 0, "rfc822", "\\x{E9}", NULL},
    {RCPT, "ORCPT", "UTF-8;a\\x{E9}@\\x{10FFFF}", 0, 0, 0, "UTF-8", "a\\x{E9}@\\x{10FFFF}", NULL},
    {RCPT, "ORCPT", "utf-8;\\x{5C}\\x{2b}\\x{3D}\\x{20}\\x{7F}\\x{10}\\x{01}\\x{19}", 0, 0, 0, "utf-8",
     "\\x{5C}\\x{2b}\\x{3D}\\x{20}\\x{7F}\\x{10}\\x{01}\\x{19}", NULL},
    {RCPT, "ORCPT", "utf-8;\\x{80}\\x{100}\\x{D7FF}\\x{E000}\\x{FFFFF}", 0, 0, 0, "utf-8",
     "\\x{80}\\x{100}\\x{D7FF}\\x{E000}\\x{FFFFF}", NULL},
    {RCPT, "ORCPT", "utf-8;\xC3\xA9@\xE2\x82\xAC", EHLO_UTF8, 0, 0, "utf-8", "\xC3\xA9@\xE2\x82\xAC", NULL},

    {MAIL, "BY", "120;R", 0, EHLO_BY_RETURN, 120, NULL, NULL, NULL},
    {MAIL, "BY", "+000000001;rt", 0, EHLO_BY_RETURN | EHLO_BY_TRACE, 1, NULL, NULL, "1;RT"},
    {MAIL, "BY", "-999999999;N", 0, EHLO_BY_NOTIFY, -999999999, NULL, NULL, NULL},
    {MAIL, "BY", "0;NT", 0, EHLO_BY_NOTIFY | EHLO_BY_TRACE, 0, NULL, NULL, NULL},
    {MAIL, "BY", "-0;n", 0, EHLO_BY_NOTIFY, 0, NULL, NULL, "0;N"},

    {MAIL, "AUTH", "<>", 0, 0, 0, NULL, "<>", NULL},
    {MAIL, "AUTH", "+3C+3E", 0, 0, 0, NULL, "+3C+3E", NULL},
    {MAIL, "AUTH", "e+3Dmc2@example.com", 0, 0, 0, NULL, "e+3Dmc2@example.com", NULL},
    {MAIL, "AUTH", "\"a+20b\"@[IPv6:::1]", 0, 0, 0, NULL, "\"a+20b\"@[IPv6:::1]", NULL},
    {MAIL, "AUTH", "+C3+A9@c", EHLO_UTF8, 0, 0, NULL, "+C3+A9@c", NULL},
    {MAIL, "AUTH", "a..b@c", EHLO_ALLOW_DOTS, 0, 0, NULL, "a..b@c", NULL},
    {MAIL, "SUBMITTER", "alice@example.com", 0, 0, 0, NULL, "alice@example.com", NULL},

    {MAIL, "HOLDFOR", "1", 0, 0, 1, NULL, NULL, NULL},
    {MAIL, "HOLDFOR", "999999999", 0, 0, 999999999, NULL, NULL, NULL},
    {MAIL, "HOLDUNTIL", "1970-01-01T00:00:00Z", 0, 0, 0, NULL, "1970-01-01T00:00:00Z", NULL},
    {MAIL, "HOLDUNTIL", "2026-11-22t06:30:01.999z", 0, 0, 1795329001, NULL, "2026-11-22t06:30:01.999z", NULL},
    {MAIL, "HOLDUNTIL", "2026-11-22T06:30:01+00:00", 0, 0, 1795329001, NULL, "2026-11-22T06:30:01+00:00", NULL},
    {MAIL, "HOLDUNTIL", "0001-01-01T00:00:00Z", 0, 0, INT64_C(-62135596800), NULL, "0001-01-01T00:00:00Z", NULL},
    {MAIL, "HOLDUNTIL", "9999-12-31T23:59:59Z", 0, 0, INT64_C(253402300799), NULL, "9999-12-31T23:59:59Z", NULL},
    {MAIL, "HOLDUNTIL", "2000-02-29T00:00:00Z", 0, 0, 951782400, NULL, "2000-02-29T00:00:00Z", NULL},
    {MAIL, "HOLDUNTIL", "1990-12-31T23:59:60Z", 0, 0, 662688000, NULL, "1990-12-31T23:59:60Z", NULL},

    {RCPT, "RRVS", "2014-04-03T23:01:00Z", 0, 0, 1396566060, NULL, "2014-04-03T23:01:00Z", NULL},
    {RCPT, "RRVS", "1981-11-10T08:50:30Z;c", 0, EHLO_RRVS_CONTINUE, 374230230, NULL, "1981-11-10T08:50:30Z",
     "1981-11-10T08:50:30Z;C"},
    {RCPT, "RRVS", "1996-12-19T16:39:57-08:00;R", 0, EHLO_RRVS_REJECT, 851042397, NULL, "1996-12-19T16:39:57-08:00",
     NULL},
    {RCPT, "RRVS", "1990-12-31T15:59:60-08:00", 0, 0, 662688000, NULL, "1990-12-31T15:59:60-08:00", NULL},
    {RCPT, "RRVS", "1937-01-01T12:00:27+00:20", 0, 0, -1041337173, NULL, "1937-01-01T12:00:27+00:20", NULL},

    {MAIL, "MT-PRIORITY", "-9", 0, 0, -9, NULL, NULL, NULL},
    {MAIL, "MT-PRIORITY", "0", 0, 0, 0, NULL, NULL, NULL},
    {MAIL, "mt-priority", "9", 0, 0, 9, NULL, NULL, NULL},

    {MAIL, "SOLICIT", "org.example:ADV:ADLT", 0, 0, 0, NULL, "org.example:ADV:ADLT", NULL},
    {MAIL, "SOLICIT", "a,b.c-d_e:1,Z", 0, 0, 0, NULL, "a,b.c-d_e:1,Z", NULL},
    {MAIL, "SOLICIT", FIVE_HUNDRED FIVE_HUNDRED, 0, 0, 0, NULL, FIVE_HUNDRED FIVE_HUNDRED, NULL},
    {MAIL, "MTRK", "qW/+9", 0, 0, -1, NULL, "qW/+9", NULL},
    {MAIL, "MTRK", "a:000000000", 0, 0, 0, NULL, "a", "a:0"},
    {MAIL, "MTRK", "a:999999999", 0, 0, 999999999, NULL, "a", NULL},
    {MAIL, "TRANSID", "<12345@claremont.edu>", 0, 0, 0, NULL, "<12345@claremont.edu>", NULL},
    {MAIL, "TRANSID", "<a+b.#$%@c.d>", 0, 0, 0, NULL, "<a+b.#$%@c.d>", NULL},
    {MAIL, "TRANSID", "<" FIFTY TEN TEN "xxxxxx@c>", 0, 0, 0, NULL, "<" FIFTY TEN TEN "xxxxxx@c>", NULL},
};

static const struct bad bad_values[] = {
    {MAIL, "SMTPUTF8", "", 0, 0},
    {MAIL, "REQUIRETLS", "yes", 0, 0},

    {MAIL, "SIZE", NULL, 0, 0},
    {MAIL, "SIZE", "", 0, 0},
    {MAIL, "SIZE", "x", 0, 0},
    {MAIL, "SIZE", "-1", 0, 0},
    {MAIL, "SIZE", "1K", 0, 1},
    {MAIL, "SIZE", "000000000000000000001", 0, 20},

    {MAIL, "BODY", NULL, 0, 0},
    {MAIL, "BODY", "8BIT", 0, 0},
    {MAIL, "BODY", "8BITMIME,7BIT", 0, 8},
    {MAIL, "BODY", "8BITMIMES", 0, 0},
    {MAIL, "RET", "NONE", 0, 0},
    {MAIL, "RET", "FULL ", 0, 4},

    {MAIL, "ENVID", "", 0, 0},
    {MAIL, "ENVID", "a+2b", 0, 3},
    {MAIL, "ENVID", "a+2", 0, 3},
    {MAIL, "ENVID", "a+", 0, 2},
    {MAIL, "ENVID", "a=b", 0, 1},
    {MAIL, "ENVID", "a b", 0, 1},
    {MAIL, "ENVID", "a+0Ab", 0, 1},
    {MAIL, "ENVID", "a+0D", 0, 1},
    {MAIL, "ENVID", "+00", 0, 0},
    {MAIL, "ENVID", "+7F", 0, 0},
    {MAIL, "ENVID", "+C3+A9", EHLO_UTF8, 0},
    {MAIL, "ENVID", "\xC3\xA9", EHLO_UTF8, 0},
    {MAIL, "ENVID", HUNDRED "x", 0, 100},

    {RCPT, "NOTIFY", "", 0, 0},
    {RCPT, "NOTIFY", "NEVER,NEVER,DELAY", 0, 12},
    {RCPT, "NOTIFY", "NEVER,SUCCESS", 0, 6},
    {RCPT, "NOTIFY", "SUCCESS,NEVER", 0, 8},
    {RCPT, "NOTIFY", "SUCCESS,", 0, 8},
    {RCPT, "NOTIFY", ",SUCCESS", 0, 0},
    {RCPT, "NOTIFY", "SUCCESS,,DELAY", 0, 8},
    {RCPT, "NOTIFY", "SUCCESS;DELAY", 0, 7},
    {RCPT, "NOTIFY", "ALWAYS", 0, 0},

    {RCPT, "ORCPT", "", 0, 0},
    {RCPT, "ORCPT", "rfc822", 0, 6},
    {RCPT, "ORCPT", ";a@b", 0, 0},
    {RCPT, "ORCPT", "rfc.822;a@b", 0, 3},
    {RCPT, "ORCPT", "a@b;c", 0, 1},
    {RCPT, "ORCPT", "rfc822;a b", 0, 8},
    {RCPT, "ORCPT", "rfc822;a+0Ab", 0, 8},
    {RCPT, "ORCPT", "rfc822;a+2bb", 0, 10},
    {RCPT, "ORCPT", "rfc822;\xC3\xA9", EHLO_UTF8, 7},
    {RCPT, "ORCPT", "rfc822;" FIVE_HUNDRED, 0, 500},
    {RCPT, "ORCPT", "utf-8;", 0, 6},
    {RCPT, "ORCPT", "utf-8;a+2Bb", 0, 7},
    {RCPT, "ORCPT", "utf-8;a\\b", 0, 8},
    {RCPT, "ORCPT", "utf-8;\\x", 0, 8},
    {RCPT, "ORCPT", "utf-8;\\X{E9}", 0, 7},
    {RCPT, "ORCPT", "utf-8;\\x{}", 0, 9},
    {RCPT, "ORCPT", "utf-8;\\x{9}", 0, 9},
    {RCPT, "ORCPT", "utf-8;\\x{0A}", 0, 9},
    {RCPT, "ORCPT", "utf-8;\\x{0D}", 0, 9},
    {RCPT, "ORCPT", "utf-8;\\x{00}", 0, 9},
    {RCPT, "ORCPT", "utf-8;\\x{1F}", 0, 9},
    {RCPT, "ORCPT", "utf-8;\\x{61}", 0, 9},
    {RCPT, "ORCPT", "utf-8;\\x{0E9}", 0, 9},
    {RCPT, "ORCPT", "utf-8;\\x{02B}", 0, 9},
    {RCPT, "ORCPT", "utf-8;\\x{D800}", 0, 9},
    {RCPT, "ORCPT", "utf-8;\\x{DFFF}", 0, 9},
    {RCPT, "ORCPT", "utf-8;\\x{110000}", 0, 9},
    {RCPT, "ORCPT", "utf-8;\\x{0000E9}", 0, 9},
    {RCPT, "ORCPT", "utf-8;\\x{10FFFFF}", 0, 15},
    {RCPT, "ORCPT", "utf-8;\\x{E9", 0, 11},
    {RCPT, "ORCPT", "utf-8;\\x{E9x", 0, 11},
    {RCPT, "ORCPT", "utf-8;\xC3\xA9", 0, 6},
    {RCPT, "ORCPT", "utf-8;\xC3", EHLO_UTF8, 7},

    {MAIL, "BY", "", 0, 0},
    {MAIL, "BY", "120", 0, 3},
    {MAIL, "BY", ";R", 0, 0},
    {MAIL, "BY", "+;R", 0, 1},
    {MAIL, "BY", "--1;N", 0, 1},
    {MAIL, "BY", "1000000000;N", 0, 9},
    {MAIL, "BY", "0;R", 0, 2},
    {MAIL, "BY", "-1;RT", 0, 3},
    {MAIL, "BY", "1;", 0, 2},
    {MAIL, "BY", "1;T", 0, 2},
    {MAIL, "BY", "1;RN", 0, 2},
    {MAIL, "BY", "1;R;T", 0, 3},

    {MAIL, "AUTH", "", 0, 0},
    {MAIL, "AUTH", "<a@b>", 0, 0},
    {MAIL, "AUTH", "<>x", 0, 0},
    {MAIL, "AUTH", "a", 0, 1},
    {MAIL, "AUTH", "a+2Bb", 0, 5},
    {MAIL, "AUTH", "a+2Bb@c..d", 0, 8},
    {MAIL, "AUTH", "a+b@c", 0, 2},
    {MAIL, "AUTH", "a+20b@c", 0, 1},
    {MAIL, "AUTH", "a+0D+0A@c", 0, 1},
    {MAIL, "AUTH", "a=b@c", 0, 1},
    {MAIL, "AUTH", "+C3+A9@c", 0, 0},
    {MAIL, "AUTH", "\xC3\xA9@c", EHLO_UTF8, 0},
    {MAIL, "AUTH", "a..b@c", 0, 2},
    {MAIL, "AUTH", "+2B" FIFTY TEN "xxxx@c", 0, 66},
    {MAIL, "AUTH", "+2B" HUNDRED HUNDRED FIFTY TEN, EHLO_ALLOW_LONG_LOCAL, 258},
    {MAIL, "SUBMITTER", "<>", 0, 0},
    {MAIL, "SUBMITTER", "", 0, 0},

    {MAIL, "HOLDFOR", "", 0, 0},
    {MAIL, "HOLDFOR", "0", 0, 0},
    {MAIL, "HOLDFOR", "01", 0, 0},
    {MAIL, "HOLDFOR", "-1", 0, 0},
    {MAIL, "HOLDFOR", "1000000000", 0, 9},
    {MAIL, "HOLDUNTIL", "", 0, 0},
    {MAIL, "HOLDUNTIL", "2026-11-22", 0, 10},
    {MAIL, "HOLDUNTIL", "26-11-22T06:30:00Z", 0, 2},
    {MAIL, "HOLDUNTIL", "0000-01-01T00:00:00Z", 0, 0},
    {MAIL, "HOLDUNTIL", "2026-00-22T06:30:00Z", 0, 5},
    {MAIL, "HOLDUNTIL", "2026-13-22T06:30:00Z", 0, 5},
    {MAIL, "HOLDUNTIL", "2026-11-00T06:30:00Z", 0, 8},
    {MAIL, "HOLDUNTIL", "2026-11-31T06:30:00Z", 0, 8},
    {MAIL, "HOLDUNTIL", "2026-02-29T06:30:00Z", 0, 8},
    {MAIL, "HOLDUNTIL", "1900-02-29T06:30:00Z", 0, 8},
    {MAIL, "HOLDUNTIL", "2026-11-22 06:30:00Z", 0, 10},
    {MAIL, "HOLDUNTIL", "2026-11-22T24:00:00Z", 0, 11},
    {MAIL, "HOLDUNTIL", "2026-11-22T06:60:00Z", 0, 14},
    {MAIL, "HOLDUNTIL", "2026-11-22T06:30:61Z", 0, 17},
    {MAIL, "HOLDUNTIL", "2026-11-22T06:30:60Z", 0, 17},
    {MAIL, "HOLDUNTIL", "2026-11-22T23:59:60Z", 0, 17},
    {MAIL, "HOLDUNTIL", "2026-11-22T06:30:00", 0, 19},
    {MAIL, "HOLDUNTIL", "2026-11-22T06:30:00.Z", 0, 20},
    {MAIL, "HOLDUNTIL", "2026-11-22T06:30Z", 0, 16},
    {MAIL, "HOLDUNTIL", "2026-11-22T06:30:00+02:00", 0, 19},
    {MAIL, "HOLDUNTIL", "2026-11-22T06:30:00+0000", 0, 22},
    {MAIL, "HOLDUNTIL", "2026-11-22T06:30:00Z;", 0, 20},
    {MAIL, "HOLDUNTIL", "2026-1-22T06:30:00Z", 0, 6},

    {RCPT, "RRVS", "2026-11-22T06:30:00.5Z", 0, 19},
    {RCPT, "RRVS", "2026-11-22T06:30:00+24:00", 0, 20},
    {RCPT, "RRVS", "2026-11-22T06:30:00+05:60", 0, 23},
    {RCPT, "RRVS", "2026-11-22T06:30:00+05", 0, 22},
    {RCPT, "RRVS", "2026-11-22T06:30:00Z;", 0, 21},
    {RCPT, "RRVS", "2026-11-22T06:30:00Z;X", 0, 21},
    {RCPT, "RRVS", "2026-11-22T06:30:00Z;C;R", 0, 22},
    {RCPT, "RRVS", "1990-12-31T23:59:60-08:00", 0, 17},

    {MAIL, "MT-PRIORITY", "", 0, 0},
    {MAIL, "MT-PRIORITY", "10", 0, 0},
    {MAIL, "MT-PRIORITY", "-10", 0, 0},
    {MAIL, "MT-PRIORITY", "-0", 0, 1},
    {MAIL, "MT-PRIORITY", "+1", 0, 0},
    {MAIL, "MT-PRIORITY", "01", 0, 0},
    {MAIL, "MT-PRIORITY", "-", 0, 1},
    {MAIL, "MT-PRIORITY", "1.5", 0, 1},

    {MAIL, "SOLICIT", "", 0, 0},
    {MAIL, "SOLICIT", "1a", 0, 0},
    {MAIL, "SOLICIT", "a,", 0, 2},
    {MAIL, "SOLICIT", "a,,b", 0, 2},
    {MAIL, "SOLICIT", "a/b", 0, 1},
    {MAIL, "SOLICIT", FIVE_HUNDRED FIVE_HUNDRED "x", 0, 1000},
    {MAIL, "MTRK", "", 0, 0},
    {MAIL, "MTRK", ":1", 0, 0},
    {MAIL, "MTRK", "qW==", 0, 2},
    {MAIL, "MTRK", "a:", 0, 2},
    {MAIL, "MTRK", "a:-1", 0, 2},
    {MAIL, "MTRK", "a:1000000000", 0, 11},
    {MAIL, "MTRK", "a:1:2", 0, 3},
    {MAIL, "TRANSID", "", 0, 0},
    {MAIL, "TRANSID", "a@b", 0, 0},
    {MAIL, "TRANSID", "<a>", 0, 2},
    {MAIL, "TRANSID", "<@b>", 0, 1},
    {MAIL, "TRANSID", "<a@>", 0, 3},
    {MAIL, "TRANSID", "<a..b@c>", 0, 3},
    {MAIL, "TRANSID", "<a@b", 0, 4},
    {MAIL, "TRANSID", "<a@b>c", 0, 5},
    {MAIL, "TRANSID", "<a/b@c>", 0, 2},
    {MAIL, "TRANSID", "<a=b@c>", 0, 2},
    {MAIL, "TRANSID", "<" FIFTY TEN TEN "xxxxxxx@c>", 0, 80},
};

/* Who calls with a parameter of another verb, or of none that is known, is told so. */
static const struct bad unknown[] = {
    {RCPT, "SIZE", "1", 0, 0},       {MAIL, "NOTIFY", "NEVER", 0, 0},    {MAIL, "X-ANY", NULL, 0, 0},
    {MAIL, "", NULL, 0, 0},          {MAIL, "SIZ", "1", 0, 0},           {MAIL, "SIZES", "1", 0, 0},
    {RCPT, "CONPERM", NULL, 0, 0},   {MAIL, "CONNEG", NULL, 0, 0},       {EHLO_VERB_OTHER, "SIZE", "1", 0, 0},
    {UINT32_MAX, "SIZE", "1", 0, 0}, {MAIL, "MT-PRIORITY-X", "1", 0, 0},
};

static int parse(struct ehlo_value *value, const struct bad *row, char **copy, size_t *at)
{
    const size_t size = row->value != NULL ? strlen(row->value) : 0;
    struct ehlo_param param;

    *copy = flush_copy(row->value, size);
    param.keyword = span(row->keyword);
    param.value = span(row->value);
    if (row->value != NULL)
        param.value.data = *copy;
    return ehlo_value_parse(value, row->verb, &param, row->rules, at);
}

static void assert_written(const struct ehlo_value *value, const struct good *row)
{
    char want[1100], out[1100], *room;
    size_t size, length, capacity;

    strcpy(want, " ");
    strcat(want, row->keyword);
    if (row->value != NULL) {
        strcat(want, "=");
        strcat(want, row->written != NULL ? row->written : row->value);
    }
    size = strlen(want);
    for (capacity = 0; capacity < size; capacity += capacity + 8 < size ? 7 : 1) {
        room = flush_copy(want, capacity);
        memset(room, '#', capacity);
        assert_int_equal(ehlo_value_format(room, capacity, &length, row->verb, value, row->rules), EHLO_E_SPACE);
        assert_int_equal(length, size);
        assert_true(capacity == 0 || (room[0] == '#' && room[capacity - 1] == '#'));
        flush_free(room, capacity);
    }
    assert_int_equal(ehlo_value_format(out, size, &length, row->verb, value, row->rules), 0);
    out[length] = '\0';
    assert_int_equal(length, size);
    assert_true(strcasecmp(out, want) == 0);
    assert_string_equal(out + 1 + strlen(row->keyword), want + 1 + strlen(row->keyword));
}

static void reads_good(void **state)
{
    const struct good *row;
    struct ehlo_value value;
    struct bad asked;
    size_t at;
    char *copy;

    (void)state;
    for (row = good_values; row < good_values + COUNT(good_values); row++) {
        asked.verb = row->verb;
        asked.keyword = row->keyword;
        asked.value = row->value;
        asked.rules = row->rules;
        if (parse(&value, &asked, &copy, &at) != 0)
            fail_msg("%s=%s: refused at %lu", row->keyword, row->value, (unsigned long)at);
        assert_int_equal(value.choice, row->choice);
        if (value.number != row->number)
            fail_msg("%s=%s: %ld", row->keyword, row->value, (long)value.number);
        assert_int_equal(value.reserved, 0);
        assert_span(value.type, row->type);
        assert_span(value.text, row->text);
        assert_written(&value, row);
        flush_free(copy, row->value != NULL ? strlen(row->value) : 0);
    }
}

static void refuses_bad(void **state)
{
    static const struct ehlo_value nothing;
    const struct bad *row;
    struct ehlo_value value;
    size_t at, i;
    char *copy;
    int error;

    (void)state;
    for (row = bad_values; row < bad_values + COUNT(bad_values); row++) {
        memset(&value, 1, sizeof value);
        error = parse(&value, row, &copy, &at);
        if (error != EHLO_E_VALUE || at != row->at)
            fail_msg("%s=%s: error %d at %lu", row->keyword, row->value, error, (unsigned long)at);
        assert_true(ehlo_extension_name(value.extension)[0] != '\0'); /* whose parameter it is */
        value.form = value.extension = 0;
        assert_memory_equal(&value, &nothing, sizeof value);
        flush_free(copy, row->value != NULL ? strlen(row->value) : 0);
    }
    for (i = 0; i < COUNT(unknown); i++) {
        assert_int_equal(parse(&value, &unknown[i], &copy, &at), EHLO_E_KEYWORD);
        assert_int_equal(at, 0);
        assert_memory_equal(&value, &nothing, sizeof value);
        flush_free(copy, unknown[i].value != NULL ? strlen(unknown[i].value) : 0);
    }
}

/* Each beginning of a good value, and each octet put in each place of it, is read inside its bounds. */
static void reads_inside(void **state)
{
    const struct good *row;
    struct ehlo_value value;
    struct ehlo_param param;
    size_t size, cut, at;
    unsigned octet;
    char *copy;

    (void)state;
    for (row = good_values; row < good_values + COUNT(good_values); row++) {
        size = row->value != NULL && strlen(row->value) < 60 ? strlen(row->value) : 0;
        param.keyword = span(row->keyword);
        for (cut = 0; cut < size; cut++) {
            copy = flush_copy(row->value, cut + 1);
            param.value.data = copy;
            param.value.size = cut + 1;
            for (octet = 0; octet < 256; octet += octet < 32 || octet > 120 ? 1 : 3) {
                copy[cut] = (char)(unsigned char)octet;
                ehlo_value_parse(&value, row->verb, &param, row->rules, &at);
                assert_in_range(at, 0, cut + 1);
            }
            flush_free(copy, cut + 1);
        }
    }
}

static void finds(void **state)
{
    struct ehlo_span list = span("SIZE=12 BODY=9BIT smtputf8 X=1 AUTH=+C3+A9@c ENVID");
    struct ehlo_value value;

    (void)state;
    assert_int_equal(ehlo_value_find(&list, MAIL, "size", 4, &value), 1);
    assert_int_equal(value.extension, EHLO_EXTENSION_SIZE);
    assert_int_equal(value.form, EHLO_VALUE_SIZE);
    assert_true(value.number == 12);
    assert_int_equal(ehlo_value_find(&list, MAIL, "SMTPUTF8", 8, &value), 1);
    assert_int_equal(value.extension, EHLO_EXTENSION_SMTPUTF8);
    assert_int_equal(ehlo_value_find(&list, MAIL, "AUTH", 4, &value), 1);
    assert_int_equal(value.extension, EHLO_EXTENSION_AUTH);
    assert_int_equal(ehlo_value_find(&list, MAIL, "RET", 3, &value), 0);
    assert_int_equal(value.form, EHLO_VALUE_NONE);
    assert_int_equal(ehlo_value_find(&list, MAIL, "BODY", 4, &value), EHLO_E_VALUE);
    assert_int_equal(ehlo_value_find(&list, MAIL, "ENVID", 5, &value), EHLO_E_VALUE);
    assert_int_equal(ehlo_value_find(&list, MAIL, "X", 1, &value), EHLO_E_KEYWORD);
    assert_int_equal(ehlo_value_find(&list, RCPT, "SIZE", 4, &value), EHLO_E_KEYWORD);
    list = span("BODY=BINARYMIME");
    assert_int_equal(ehlo_value_find(&list, MAIL, "BODY", 4, &value), 1);
    assert_int_equal(value.extension, EHLO_EXTENSION_BINARYMIME);
    list = span("BODY=8BITMIME");
    assert_int_equal(ehlo_value_find(&list, MAIL, "BODY", 4, &value), 1);
    assert_int_equal(value.extension, EHLO_EXTENSION_8BITMIME);
    list = span(NULL);
    assert_int_equal(ehlo_value_find(&list, MAIL, "BODY", 4, &value), 0);
}

/* What a program may say and nobody may write; and what is written without a text. */
static void writes(void **state)
{
    static const struct {
        uint32_t verb, extension, form, choice;
        int64_t number;
        const char *type, *text;
        uint32_t rules;
        const char *out; /* NULL: EHLO_E_VALUE, "": EHLO_E_KEYWORD */
    } rows[] = {
        {MAIL, EHLO_EXTENSION_SIZE, EHLO_VALUE_SIZE, 0, 1000, NULL, NULL, 0, " SIZE=1000"},
        {MAIL, EHLO_EXTENSION_SIZE, EHLO_VALUE_SIZE, 0, 1000, NULL, "7", 0, " SIZE=7"},
        {MAIL, EHLO_EXTENSION_SIZE, EHLO_VALUE_SIZE, 0, -1, NULL, NULL, 0, NULL},
        {MAIL, EHLO_EXTENSION_SIZE, EHLO_VALUE_SIZE, 0, 0, NULL, "1 A", 0, NULL},
        {MAIL, EHLO_EXTENSION_SIZE, EHLO_VALUE_SIZE, 0, 0, NULL, "1\r\nRSET", 0, NULL},
        {RCPT, EHLO_EXTENSION_SIZE, EHLO_VALUE_SIZE, 0, 1, NULL, NULL, 0, ""},
        {MAIL, EHLO_EXTENSION_SIZE, EHLO_VALUE_BODY, 0, 1, NULL, NULL, 0, ""},
        {MAIL, EHLO_EXTENSION_STARTTLS, EHLO_VALUE_NONE, 0, 0, NULL, NULL, 0, ""},
        {MAIL, EHLO_EXTENSION_OTHER, EHLO_VALUE_TEXT, 0, 0, NULL, "a", 0, ""},
        {MAIL, EHLO_EXTENSION_SMTPUTF8, EHLO_VALUE_NONE, 0, 0, NULL, NULL, 0, " SMTPUTF8"},
        {EHLO_VERB_VRFY, EHLO_EXTENSION_SMTPUTF8, EHLO_VALUE_NONE, 0, 0, NULL, NULL, 0, " SMTPUTF8"},
        {MAIL, EHLO_EXTENSION_8BITMIME, EHLO_VALUE_BODY, 3, 0, NULL, NULL, 0, NULL},
        {MAIL, EHLO_EXTENSION_BINARYMIME, EHLO_VALUE_BODY, EHLO_BODY_BINARYMIME, 0, NULL, NULL, 0, " BODY=BINARYMIME"},
        {MAIL, EHLO_EXTENSION_DSN, EHLO_VALUE_RET, 0, 0, NULL, NULL, 0, NULL},
        {MAIL, EHLO_EXTENSION_DSN, EHLO_VALUE_RET, 3, 0, NULL, NULL, 0, NULL},
        {MAIL, EHLO_EXTENSION_DSN, EHLO_VALUE_ENVID, 0, 0, NULL, NULL, 0, NULL},
        {MAIL, EHLO_EXTENSION_DSN, EHLO_VALUE_ENVID, 0, 0, NULL, "a b", 0, NULL},
        {MAIL, EHLO_EXTENSION_DSN, EHLO_VALUE_ENVID, 0, 0, NULL, "a\r\nQUIT", 0, NULL},
        {MAIL, EHLO_EXTENSION_DSN, EHLO_VALUE_ENVID, 0, 0, NULL, HUNDRED "x", 0, NULL},
        {RCPT, EHLO_EXTENSION_DSN, EHLO_VALUE_NOTIFY, 0, 0, NULL, NULL, 0, NULL},
        {RCPT, EHLO_EXTENSION_DSN, EHLO_VALUE_NOTIFY, EHLO_NOTIFY_NEVER | EHLO_NOTIFY_DELAY, 0, NULL, NULL, 0, NULL},
        {RCPT, EHLO_EXTENSION_DSN, EHLO_VALUE_NOTIFY, 16, 0, NULL, NULL, 0, NULL},
        {RCPT, EHLO_EXTENSION_DSN, EHLO_VALUE_NOTIFY, UINT32_MAX, 0, NULL, NULL, 0, NULL},
        {RCPT, EHLO_EXTENSION_DSN, EHLO_VALUE_ORCPT, 0, 0, "rfc822", "a@b", 0, " ORCPT=rfc822;a@b"},
        {RCPT, EHLO_EXTENSION_DSN, EHLO_VALUE_ORCPT, 0, 0, NULL, "a@b", 0, NULL},
        {RCPT, EHLO_EXTENSION_DSN, EHLO_VALUE_ORCPT, 0, 0, "rfc822;a", "b", 0, NULL},
        {RCPT, EHLO_EXTENSION_DSN, EHLO_VALUE_ORCPT, 0, 0, "rfc822", "a b", 0, NULL},
        {RCPT, EHLO_EXTENSION_DSN, EHLO_VALUE_ORCPT, 0, 0, "rfc 822", "a", 0, NULL},
        {RCPT, EHLO_EXTENSION_DSN, EHLO_VALUE_ORCPT, 0, 0, "rfc822", FIVE_HUNDRED, 0, NULL},
        {RCPT, EHLO_EXTENSION_DSN, EHLO_VALUE_ORCPT, 0, 0, "utf-8", "\xC3\xA9", 0, NULL},
        {RCPT, EHLO_EXTENSION_DSN, EHLO_VALUE_ORCPT, 0, 0, "utf-8", "\xC3\xA9", EHLO_UTF8, " ORCPT=utf-8;\xC3\xA9"},
        {RCPT, EHLO_EXTENSION_DSN, EHLO_VALUE_ORCPT, 0, 0, "utf-8", NULL, EHLO_UTF8, NULL},
        {MAIL, EHLO_EXTENSION_DELIVERBY, EHLO_VALUE_BY, EHLO_BY_NOTIFY, -1, NULL, NULL, 0, " BY=-1;N"},
        {MAIL, EHLO_EXTENSION_DELIVERBY, EHLO_VALUE_BY, EHLO_BY_RETURN, 0, NULL, NULL, 0, NULL},
        {MAIL, EHLO_EXTENSION_DELIVERBY, EHLO_VALUE_BY, EHLO_BY_RETURN, 1000000000, NULL, NULL, 0, NULL},
        {MAIL, EHLO_EXTENSION_DELIVERBY, EHLO_VALUE_BY, EHLO_BY_NOTIFY, -1000000000, NULL, NULL, 0, NULL},
        {MAIL, EHLO_EXTENSION_DELIVERBY, EHLO_VALUE_BY, EHLO_BY_TRACE, 1, NULL, NULL, 0, NULL},
        {MAIL, EHLO_EXTENSION_DELIVERBY, EHLO_VALUE_BY, 3, 1, NULL, NULL, 0, NULL},
        {MAIL, EHLO_EXTENSION_AUTH, EHLO_VALUE_AUTH, 0, 0, NULL, "a@b", 0, " AUTH=a@b"},
        {MAIL, EHLO_EXTENSION_AUTH, EHLO_VALUE_AUTH, 0, 0, NULL, NULL, 0, NULL},
        {MAIL, EHLO_EXTENSION_AUTH, EHLO_VALUE_AUTH, 0, 0, NULL, "a b@c", 0, NULL},
        {MAIL, EHLO_EXTENSION_FUTURERELEASE, EHLO_VALUE_HOLDFOR, 0, 0, NULL, NULL, 0, NULL},
        {MAIL, EHLO_EXTENSION_FUTURERELEASE, EHLO_VALUE_HOLDFOR, 0, 1000000000, NULL, NULL, 0, NULL},
        {MAIL, EHLO_EXTENSION_FUTURERELEASE, EHLO_VALUE_HOLDUNTIL, 0, 951782400, NULL, NULL, 0,
         " HOLDUNTIL=2000-02-29T00:00:00Z"},
        {MAIL, EHLO_EXTENSION_FUTURERELEASE, EHLO_VALUE_HOLDUNTIL, 0, 0, NULL, "1970-01-01T00:00:01Z", 0,
         " HOLDUNTIL=1970-01-01T00:00:01Z"},
        {MAIL, EHLO_EXTENSION_FUTURERELEASE, EHLO_VALUE_HOLDUNTIL, 0, INT64_C(253402300799), NULL, NULL, 0,
         " HOLDUNTIL=9999-12-31T23:59:59Z"},
        {MAIL, EHLO_EXTENSION_FUTURERELEASE, EHLO_VALUE_HOLDUNTIL, 0, INT64_C(253402300800), NULL, NULL, 0, NULL},
        {MAIL, EHLO_EXTENSION_FUTURERELEASE, EHLO_VALUE_HOLDUNTIL, 0, INT64_C(-62135596800), NULL, NULL, 0,
         " HOLDUNTIL=0001-01-01T00:00:00Z"},
        {MAIL, EHLO_EXTENSION_FUTURERELEASE, EHLO_VALUE_HOLDUNTIL, 0, INT64_C(-62135596801), NULL, NULL, 0, NULL},
        {MAIL, EHLO_EXTENSION_FUTURERELEASE, EHLO_VALUE_HOLDUNTIL, 0, INT64_MIN, NULL, NULL, 0, NULL},
        {MAIL, EHLO_EXTENSION_FUTURERELEASE, EHLO_VALUE_HOLDUNTIL, 0, 0, NULL, "tomorrow", 0, NULL},
        {MAIL, EHLO_EXTENSION_MT_PRIORITY, EHLO_VALUE_PRIORITY, 0, 10, NULL, NULL, 0, NULL},
        {MAIL, EHLO_EXTENSION_MT_PRIORITY, EHLO_VALUE_PRIORITY, 0, -10, NULL, NULL, 0, NULL},
        {RCPT, EHLO_EXTENSION_RRVS, EHLO_VALUE_RRVS, EHLO_RRVS_CONTINUE, 1, NULL, NULL, 0,
         " RRVS=1970-01-01T00:00:01Z;C"},
        {RCPT, EHLO_EXTENSION_RRVS, EHLO_VALUE_RRVS, 0, 1, NULL, NULL, 0, " RRVS=1970-01-01T00:00:01Z"},
        {RCPT, EHLO_EXTENSION_RRVS, EHLO_VALUE_RRVS, 3, 1, NULL, NULL, 0, NULL},
        {MAIL, EHLO_EXTENSION_NO_SOLICITING, EHLO_VALUE_SOLICIT, 0, 0, NULL, "a,b", 0, " SOLICIT=a,b"},
        {MAIL, EHLO_EXTENSION_NO_SOLICITING, EHLO_VALUE_SOLICIT, 0, 0, NULL, "a, b", 0, NULL},
        {MAIL, EHLO_EXTENSION_MTRK, EHLO_VALUE_MTRK, 0, -1, NULL, "a", 0, " MTRK=a"},
        {MAIL, EHLO_EXTENSION_MTRK, EHLO_VALUE_MTRK, 0, 5, NULL, "a", 0, " MTRK=a:5"},
        {MAIL, EHLO_EXTENSION_MTRK, EHLO_VALUE_MTRK, 0, -2, NULL, "a", 0, NULL},
        {MAIL, EHLO_EXTENSION_MTRK, EHLO_VALUE_MTRK, 0, 1000000000, NULL, "a", 0, NULL},
        {MAIL, EHLO_EXTENSION_MTRK, EHLO_VALUE_MTRK, 0, 5, NULL, NULL, 0, NULL},
        {MAIL, EHLO_EXTENSION_CHECKPOINT, EHLO_VALUE_TRANSID, 0, 0, NULL, "<a@b> X", 0, NULL},
        {MAIL, EHLO_EXTENSION_SUBMITTER, EHLO_VALUE_SUBMITTER, 0, 0, NULL, "<>", 0, NULL},
    };
    struct ehlo_value value;
    char out[64];
    size_t i, length;
    int error, want;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        memset(&value, 0, sizeof value);
        value.form = rows[i].form;
        value.extension = rows[i].extension;
        value.choice = rows[i].choice;
        value.number = rows[i].number;
        value.type = span(rows[i].type);
        value.text = span(rows[i].text);
        error = ehlo_value_format(out, sizeof out - 1, &length, rows[i].verb, &value, rows[i].rules);
        want = rows[i].out == NULL ? EHLO_E_VALUE : rows[i].out[0] == '\0' ? EHLO_E_KEYWORD : 0;
        if (error != want)
            fail_msg("row %lu: error %d", (unsigned long)i, error);
        if (error != 0) {
            assert_int_equal(length, 0);
            continue;
        }
        out[length] = '\0';
        assert_string_equal(out, rows[i].out);
    }
}

/* Days all over the calendar, there and back. */
static void dates(void **state)
{
    const struct ehlo_span keyword = span("HOLDUNTIL");
    struct ehlo_value value, again;
    struct ehlo_param param;
    size_t length, at;
    char out[64];
    int64_t time;

    (void)state;
    memset(&value, 0, sizeof value);
    value.form = EHLO_VALUE_HOLDUNTIL;
    value.extension = EHLO_EXTENSION_FUTURERELEASE;
    for (time = INT64_C(-62135596800); time <= INT64_C(253402300799); time += 86399 * 23) {
        value.number = time;
        assert_int_equal(ehlo_value_format(out, sizeof out, &length, MAIL, &value, 0), 0);
        assert_int_equal(length, 1 + keyword.size + 1 + 20);
        param.keyword = keyword;
        param.value.data = out + length - 20;
        param.value.size = 20;
        assert_int_equal(ehlo_value_parse(&again, MAIL, &param, 0, &at), 0);
        if (again.number != time)
            fail_msg("%.20s", param.value.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_good), cmocka_unit_test(refuses_bad), cmocka_unit_test(reads_inside),
        cmocka_unit_test(finds),      cmocka_unit_test(writes),      cmocka_unit_test(dates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
