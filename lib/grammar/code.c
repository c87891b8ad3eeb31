/* SPDX-License-Identifier: ISC
 *
 * The texts of reply codes and enhanced status codes.
 *
 * Each list is one string: a row is a number, or two, a space, a text and a NUL, and an empty row ends it. So there are
 * no offsets to keep, and no octet is lost to padding. It is read from its beginning: these are words for people, not
 * for a path that must be quick.
 */
#include <ehlo/code.h>

#include "codec/ascii.h"

/* RFC 5321, section 4.2.2, and what the RFCs of extensions define beside it; their placeholders are left out. */
static const char codes[] = "211 System status, or system help reply\0"
                            "214 Help message\0"
                            "220 Service ready\0"
                            "221 Service closing transmission channel\0"
                            "235 Authentication succeeded\0"
                            "250 Requested mail action okay, completed\0"
                            "251 User not local; will forward\0"
                            "252 Cannot VRFY user, but will accept message and attempt delivery\0"
                            "253 OK, pending messages for node started\0"
                            "334 Server challenge\0"
                            "354 Start mail input; end with <CRLF>.<CRLF>\0"
                            "355 Octet-offset is the transaction offset\0"
                            "421 Service not available, closing transmission channel\0"
                            "422 A password transition is needed\0"
                            "432 A password transition is needed\0"
                            "450 Requested mail action not taken: mailbox unavailable\0"
                            "451 Requested action aborted: local error in processing\0"
                            "452 Requested action not taken: insufficient system storage\0"
                            "453 You have no mail\0"
                            "454 Temporary authentication failure, or TLS not available\0"
                            "455 Server unable to accommodate parameters\0"
                            "458 Unable to queue messages for node\0"
                            "459 Node not allowed\0"
                            "500 Syntax error, command unrecognized\0"
                            "501 Syntax error in parameters or arguments\0"
                            "502 Command not implemented\0"
                            "503 Bad sequence of commands\0"
                            "504 Command parameter not implemented\0"
                            "521 Host does not accept mail\0"
                            "523 Encryption needed\0"
                            "524 Encryption required for requested authentication mechanism\0"
                            "525 User account disabled\0"
                            "530 Authentication required, or STARTTLS first\0"
                            "534 Authentication mechanism is too weak\0"
                            "535 Authentication credentials invalid\0"
                            "538 Encryption required for requested authentication mechanism\0"
                            "550 Requested action not taken: mailbox unavailable\0"
                            "551 User not local; please try another path\0"
                            "552 Requested mail action aborted: exceeded storage allocation\0"
                            "553 Requested action not taken: mailbox name not allowed\0"
                            "554 Transaction failed\0"
                            "555 MAIL FROM/RCPT TO parameters not recognized or not implemented\0"
                            "556 Domain does not accept mail\0";

/* The sample texts of IANA's registry "SMTP Enhanced Status Codes" as they stand there. 6.10 is a duplicate of 6.8. */
static const char statuses[] =
    "0.0 Other undefined Status\0"
    "1.0 Other address status\0"
    "1.1 Bad destination mailbox address\0"
    "1.2 Bad destination system address\0"
    "1.3 Bad destination mailbox address syntax\0"
    "1.4 Destination mailbox address ambiguous\0"
    "1.5 Destination address valid\0"
    "1.6 Destination mailbox has moved, No forwarding address\0"
    "1.7 Bad sender's mailbox address syntax\0"
    "1.8 Bad sender's system address\0"
    "1.9 Message relayed to non-compliant mailer\0"
    "1.10 Recipient address has null MX\0"
    "2.0 Other or undefined mailbox status\0"
    "2.1 Mailbox disabled, not accepting messages\0"
    "2.2 Mailbox full\0"
    "2.3 Message length exceeds administrative limit\0"
    "2.4 Mailing list expansion problem\0"
    "3.0 Other or undefined mail system status\0"
    "3.1 Mail system full\0"
    "3.2 System not accepting network messages\0"
    "3.3 System not capable of selected features\0"
    "3.4 Message too big for system\0"
    "3.5 System incorrectly configured\0"
    "3.6 Requested priority was changed\0"
    "4.0 Other or undefined network or routing status\0"
    "4.1 No answer from host\0"
    "4.2 Bad connection\0"
    "4.3 Directory server failure\0"
    "4.4 Unable to route\0"
    "4.5 Mail system congestion\0"
    "4.6 Routing loop detected\0"
    "4.7 Delivery time expired\0"
    "5.0 Other or undefined protocol status\0"
    "5.1 Invalid command\0"
    "5.2 Syntax error\0"
    "5.3 Too many recipients\0"
    "5.4 Invalid command arguments\0"
    "5.5 Wrong protocol version\0"
    "5.6 Authentication Exchange line is too long\0"
    "6.0 Other or undefined media error\0"
    "6.1 Media not supported\0"
    "6.2 Conversion required and prohibited\0"
    "6.3 Conversion required but not supported\0"
    "6.4 Conversion with loss performed\0"
    "6.5 Conversion Failed\0"
    "6.6 Message content not available\0"
    "6.7 Non-ASCII addresses not permitted for that sender/recipient\0"
    "6.8 UTF-8 string reply is required, but not permitted by the SMTP client\0"
    "6.9 UTF-8 header message cannot be transferred to one or more recipients, so the message must be rejected\0"
    "6.10 UTF-8 string reply is required, but not permitted by the SMTP client\0"
    "7.0 Other or undefined security status\0"
    "7.1 Delivery not authorized, message refused\0"
    "7.2 Mailing list expansion prohibited\0"
    "7.3 Security conversion required but not possible\0"
    "7.4 Security features not supported\0"
    "7.5 Cryptographic failure\0"
    "7.6 Cryptographic algorithm not supported\0"
    "7.7 Message integrity failure\0"
    "7.8 Authentication credentials invalid\0"
    "7.9 Authentication mechanism is too weak\0"
    "7.10 Encryption Needed\0"
    "7.11 Encryption required for requested authentication mechanism\0"
    "7.12 A password transition is needed\0"
    "7.13 User Account Disabled\0"
    "7.14 Trust relationship required\0"
    "7.15 Priority Level is too low\0"
    "7.16 Message is too big for the specified priority\0"
    "7.17 Mailbox owner has changed\0"
    "7.18 Domain owner has changed\0"
    "7.19 RRVS test cannot be completed\0"
    "7.20 No passing DKIM signature found\0"
    "7.21 No acceptable DKIM signature found\0"
    "7.22 No valid author-matched DKIM signature found\0"
    "7.23 SPF validation failed\0"
    "7.24 SPF validation error\0"
    "7.25 Reverse DNS validation failed\0"
    "7.26 Multiple authentication checks failed\0"
    "7.27 Sender address has null MX\0"
    "7.28 Mail flood detected\0"
    "7.29 ARC validation failure\0"
    "7.30 REQUIRETLS support required\0";

/* RFC 3463, section 3.1. */
static const char classes[] = "2 Success\0"
                              "4 Persistent Transient Failure\0"
                              "5 Permanent Failure\0";

/* RFC 3463, section 3.2. */
static const char subjects[] = "0 Other or Undefined Status\0"
                               "1 Addressing Status\0"
                               "2 Mailbox Status\0"
                               "3 Mail System Status\0"
                               "4 Network and Routing Status\0"
                               "5 Mail Delivery Protocol Status\0"
                               "6 Message Content or Media Status\0"
                               "7 Security or Policy Status\0";

/* Takes decimal digits, as many as there are. */
static uint32_t take_number(const char **row)
{
    uint32_t number = 0;

    for (; ehlo_is_digit(**row); ++*row)
        number = number * 10 + (uint32_t)(**row - '0');
    return number;
}

/* The key of a row, or of what is sought: one number, or two of at most 16 bits. */
static uint32_t key_of(uint32_t first, uint32_t second)
{
    return first << 16 | second;
}

/* Takes what stands in front of the text. */
static uint32_t take_key(const char **row)
{
    uint32_t number = take_number(row), first = 0;

    if (**row == '.') {
        ++*row;
        first = number;
        number = take_number(row);
    }
    ++*row;
    return key_of(first, number);
}

/* The text of the row that has this key; the empty text at the end of the list. */
static const char *find(const char *row, uint32_t key)
{
    while (*row != '\0' && take_key(&row) != key)
        row += ehlo_span_of(row).size + 1;
    return row;
}

const char *ehlo_code_text(uint16_t code)
{
    return find(codes, code);
}

const char *ehlo_status_text(const uint16_t status[3])
{
    const int known = status[0] == 2 || status[0] == 4 || status[0] == 5;

    return known ? find(statuses, key_of(status[1], status[2])) : "";
}

const char *ehlo_status_class_text(uint16_t number)
{
    return find(classes, number);
}

const char *ehlo_status_subject_text(uint16_t number)
{
    return find(subjects, number);
}
