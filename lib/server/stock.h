/* SPDX-License-Identifier: ISC
 *
 * The replies that the server words itself: one table.
 */
#ifndef EHLO_SERVER_STOCK_H
#define EHLO_SERVER_STOCK_H

#include <stdint.h>

/* Stock replies.*/
enum {
    EHLO_STOCK_NONE,
    EHLO_STOCK_GREETING,
    EHLO_STOCK_EHLO, /* as many lines as extensions are offered, and one */
    EHLO_STOCK_HELO,
    EHLO_STOCK_OK,
    EHLO_STOCK_SENDER,
    EHLO_STOCK_RECIPIENT,
    EHLO_STOCK_START,
    EHLO_STOCK_ACCEPTED,
    EHLO_STOCK_HELP,
    EHLO_STOCK_CANNOT_VERIFY,
    EHLO_STOCK_BYE,
    EHLO_STOCK_SHUTDOWN,
    EHLO_STOCK_TIMEOUT,
    EHLO_STOCK_FLOOD,
    EHLO_STOCK_UNKNOWN,
    EHLO_STOCK_LINE_LONG,
    EHLO_STOCK_LINE_NEWLINE,
    EHLO_STOCK_HELLO_SYNTAX,
    EHLO_STOCK_ARGUMENT,
    EHLO_STOCK_NO_ARGUMENT,
    EHLO_STOCK_SENDER_SYNTAX,
    EHLO_STOCK_RECIPIENT_SYNTAX,
    EHLO_STOCK_PARAM_SYNTAX,
    EHLO_STOCK_PARAM_VALUE,
    EHLO_STOCK_PARAM_UNKNOWN,
    EHLO_STOCK_NEEDS_UTF8,
    EHLO_STOCK_NOT_IMPLEMENTED,
    EHLO_STOCK_AWAY,
    EHLO_STOCK_HELLO_FIRST,
    EHLO_STOCK_NESTED,
    EHLO_STOCK_MAIL_FIRST,
    EHLO_STOCK_RCPT_FIRST,
    EHLO_STOCK_NO_RECIPIENT,
    EHLO_STOCK_RECIPIENTS,
    EHLO_STOCK_TOO_MUCH,
    EHLO_STOCK_NEWLINE,
    EHLO_STOCK_BODY_LINE,
    EHLO_STOCK_NO_RELAY,
    EHLO_STOCK_NOT_TAKEN,
    EHLO_STOCK_NOT_NOW,
    EHLO_STOCK_CHUNK,
    EHLO_STOCK_CHUNK_SIZE,
    EHLO_STOCK_CHUNK_LOST,
    EHLO_STOCK_EHLO_FIRST,
    EHLO_STOCK_CHUNK_FIRST,
    EHLO_STOCK_BROKEN,
    EHLO_STOCK_NEEDS_CHUNKS,
    EHLO_STOCK_MAILS,
    EHLO_STOCK_EARLY,
    EHLO_STOCK_TLS,
    EHLO_STOCK_TLS_FIRST,
    EHLO_STOCK_TLS_UP,
    EHLO_STOCK_AUTH,
    EHLO_STOCK_AUTH_FIRST,
    EHLO_STOCK_AUTH_DONE,
    EHLO_STOCK_AUTH_CLEAR,
    EHLO_STOCK_AUTH_MECHANISM,
    EHLO_STOCK_AUTH_BASE64,
    EHLO_STOCK_AUTH_LONG,
    EHLO_STOCK_AUTH_CANCELLED,
    EHLO_STOCK_AUTH_REFUSED,
    EHLO_STOCK_NO_QUEUE,
    EHLO_STOCK_NO_TURN,
    EHLO_STOCK_NO_URL,
    EHLO_STOCK_NO_CLAIM
};

/* Octets that the text of a stock reply has at most, and one. */
#define EHLO_STOCK_TEXT 44

/* A stock reply on its way into the queue. */
struct ehlo_stock_cursor {
    uint8_t stock; /* EHLO_STOCK_NONE: none */
    uint8_t line;  /* of an EHLO response: 0; 1 and an extension; or that many and a line of the program's offer */
    uint16_t reserved;
    uint32_t repeat; /* times that it is to be queued once more */
};

/* The code of a stock reply. */
uint16_t ehlo_stock_code(uint32_t stock);

#endif
