/* SPDX-License-Identifier: ISC
 *
 * The table of errors, and the version.
 */
#include <ehlo/base.h>

struct row {
    int number;
    char name[24];
    char text[61];
};

/* The last row answers for every number that has none. */
static const struct row rows[] = {
    {EHLO_OK, "EHLO_OK", "no error"},

    {EHLO_E_ARGUMENT, "EHLO_E_ARGUMENT", "an argument that the function does not take"},
    {EHLO_E_CONFIG, "EHLO_E_CONFIG", "a field of the configuration is missing or out of bounds"},
    {EHLO_E_SPACE, "EHLO_E_SPACE", "the buffer is too small"},
    {EHLO_E_TICKET, "EHLO_E_TICKET", "no open question has this ticket"},
    {EHLO_E_CODE, "EHLO_E_CODE", "this reply code may not answer this question"},
    {EHLO_E_TEXT, "EHLO_E_TEXT", "text that must not be put on the wire"},
    {EHLO_E_STATE, "EHLO_E_STATE", "not in this state of the session"},
    {EHLO_E_FULL, "EHLO_E_FULL", "not now: there is no room, or replies are due"},
    {EHLO_E_MEMORY, "EHLO_E_MEMORY", "out of memory"},
    {EHLO_E_CLEAR, "EHLO_E_CLEAR", "not in the clear: TLS must come first"},
    {EHLO_E_OFFER, "EHLO_E_OFFER", "the server does not offer the extension for it"},
    {EHLO_E_LIMIT, "EHLO_E_LIMIT", "the server takes no more messages on this connection"},

    {EHLO_E_LOST, "EHLO_E_LOST", "the transport was lost"},
    {EHLO_E_TIMEOUT, "EHLO_E_TIMEOUT", "the peer was silent for too long"},
    {EHLO_E_SHUTDOWN, "EHLO_E_SHUTDOWN", "this side was told to stop"},
    {EHLO_E_QUIT, "EHLO_E_QUIT", "the channel was closed in good order"},
    {EHLO_E_INJECTED, "EHLO_E_INJECTED", "octets crossed a change of transport"},
    {EHLO_E_PROTOCOL, "EHLO_E_PROTOCOL", "the peer broke the protocol"},
    {EHLO_E_FLOOD, "EHLO_E_FLOOD", "too many errors, or commands without progress"},
    {EHLO_E_CLOSING, "EHLO_E_CLOSING", "the server closes the channel"},
    {EHLO_E_REFUSED, "EHLO_E_REFUSED", "the session or the message was refused"},
    {EHLO_E_TURNED, "EHLO_E_TURNED", "the roles are reversed"},

    {EHLO_E_RESET, "EHLO_E_RESET", "the transaction was reset"},
    {EHLO_E_NEWLINE, "EHLO_E_NEWLINE", "a CR or LF that is no CRLF, or a NUL"},
    {EHLO_E_TOO_MUCH, "EHLO_E_TOO_MUCH", "more octets than the message size allows"},
    {EHLO_E_BODY_LINE, "EHLO_E_BODY_LINE", "a text line is too long"},
    {EHLO_E_8BIT, "EHLO_E_8BIT", "8-bit mail without 8BITMIME"},

    {EHLO_E_PROXY, "EHLO_E_PROXY", "not a header of the PROXY protocol"},
    {EHLO_E_LINE_LONG, "EHLO_E_LINE_LONG", "the line is too long"},
    {EHLO_E_VERB, "EHLO_E_VERB", "not a verb"},
    {EHLO_E_MISSING, "EHLO_E_MISSING", "the command needs an argument"},
    {EHLO_E_UNWANTED, "EHLO_E_UNWANTED", "octets where nothing more may stand"},
    {EHLO_E_CHARACTER, "EHLO_E_CHARACTER", "an octet that may not stand here"},
    {EHLO_E_BRACKET, "EHLO_E_BRACKET", "the path does not begin with \"<\""},
    {EHLO_E_UNCLOSED, "EHLO_E_UNCLOSED", "a closing \">\", quote or \"]\" is missing"},
    {EHLO_E_LOCAL_PART, "EHLO_E_LOCAL_PART", "no local-part, or an empty atom in it"},
    {EHLO_E_LOCAL_LONG, "EHLO_E_LOCAL_LONG", "the local-part is too long"},
    {EHLO_E_DOMAIN, "EHLO_E_DOMAIN", "no domain, an empty label, or a hyphen at the edge of one"},
    {EHLO_E_DOMAIN_LONG, "EHLO_E_DOMAIN_LONG", "the domain, or a label of it, is too long"},
    {EHLO_E_LITERAL, "EHLO_E_LITERAL", "not an address literal"},
    {EHLO_E_ROUTE, "EHLO_E_ROUTE", "not a source route"},
    {EHLO_E_PATH_LONG, "EHLO_E_PATH_LONG", "the path is too long"},
    {EHLO_E_UTF8, "EHLO_E_UTF8", "octets over 127 that are not UTF-8, or not allowed here"},
    {EHLO_E_KEYWORD, "EHLO_E_KEYWORD", "not a keyword"},
    {EHLO_E_VALUE, "EHLO_E_VALUE", "a value is missing, unwanted or malformed"},
    {EHLO_E_DUPLICATE, "EHLO_E_DUPLICATE", "the same parameter twice"},
    {EHLO_E_REPLY_CODE, "EHLO_E_REPLY_CODE", "not a reply code"},
    {EHLO_E_REPLY_MISMATCH, "EHLO_E_REPLY_MISMATCH", "the lines of one reply have different codes"},
    {EHLO_E_INCOMPLETE, "EHLO_E_INCOMPLETE", "the octets end too early"},
    {EHLO_E_STATUS, "EHLO_E_STATUS", "not an enhanced status code"},
    {EHLO_E_BASE64, "EHLO_E_BASE64", "not canonical base64"},
    {EHLO_E_XTEXT, "EHLO_E_XTEXT", "not xtext"},

    {EHLO_E_MECHANISM, "EHLO_E_MECHANISM", "no such mechanism, or none that the credentials allow"},
    {EHLO_E_CREDENTIALS, "EHLO_E_CREDENTIALS", "credentials that the mechanism cannot be used with"},
    {EHLO_E_EXCHANGE, "EHLO_E_EXCHANGE", "a malformed or misplaced message in an AUTH exchange"},
    {EHLO_E_ITERATIONS, "EHLO_E_ITERATIONS", "the iteration count is out of bounds"},
    {EHLO_E_AUTH, "EHLO_E_AUTH", "the authentication was refused within the exchange"},
    {EHLO_E_AUTH_SERVER, "EHLO_E_AUTH_SERVER", "the server did not prove that it knows the password"},
    {EHLO_E_CRYPTO, "EHLO_E_CRYPTO", "the program's digest or random failed"},

    {1, "EHLO_E_UNKNOWN", "no error of this library"},
};

static const struct row *find(int error)
{
    const struct row *last = &rows[sizeof rows / sizeof rows[0] - 1];
    const struct row *row = rows;

    while (row != last && row->number != error)
        row++;
    return row;
}

const char *ehlo_error_name(int error)
{
    return find(error)->name;
}

const char *ehlo_error_text(int error)
{
    return find(error)->text;
}

uint32_t ehlo_version(void)
{
    return EHLO_VERSION;
}
