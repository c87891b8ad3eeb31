# SPDX-License-Identifier: ISC
"""Extensions that add parameters: each good form and each bad one, not offered, at the wrong verb, twice; and how many
octets each adds to a line."""

import os
import re
import time

from .harness import MESSAGE, RECIPIENT, SENDER, Server, each, keywords, same, scenario, true

# extension: verb, keyword, good values, bad ones; None is the keyword alone
PARAMETERS = [
    ("SIZE", "MAIL", "SIZE", ["0", "1", "00000000000000000001", "67108864"],
     [None, "", "-1", "+1", "1a", "0x10", "1.0", "000000000000000000001"]),
    ("8BITMIME", "MAIL", "BODY", ["7BIT", "8BITMIME", "7bit", "8bitMime"],
     [None, "", "8BIT", "7BITS", "8BITMIME8", "BINARY"]),
    ("BINARYMIME", "MAIL", "BODY", ["BINARYMIME", "binaryMIME"], ["BINARYMIMEX"]),
    ("DSN", "MAIL", "RET", ["FULL", "HDRS", "full", "hdrs"], [None, "", "BOTH", "FULL,HDRS", "HDR"]),
    ("DSN", "MAIL", "ENVID", ["QQ314159", "a+2Bb+3Dc", "a+20b", "x" * 100, "+21" * 33, "<a@b>"],
     [None, "", "a+2b", "+", "+2", "a+", "+GG", "+0D+0A", "+00", "x" * 101, "a=b", "a+0Ab"]),
    ("DSN", "RCPT", "NOTIFY", ["NEVER", "SUCCESS", "FAILURE", "DELAY", "success,Failure,DELAY", "DELAY,SUCCESS"],
     [None, "", "NEVER,SUCCESS", "SUCCESS,NEVER", "SUCCESS,", ",SUCCESS", "SUCCESS,,DELAY", "SUCCES", "ALWAYS"]),
    ("DSN", "RCPT", "ORCPT", ["rfc822;bob@example.org", "rfc822;a+2Bb@example.org", "X-any;+20what+3D",
                              "rfc822;" + "x" * 493, "utf-8;bob@example.org",
                              "rfc822;"],
     [None, "", "rfc822", ";bob@example.org", "rfc822;a+2b", "rfc822;+0A", "rfc822;" + "x" * 494,
      "rf c;x", "rfc822;a=b"]),
    ("DELIVERBY", "MAIL", "BY", ["120;R", "1;R", "120;N", "0;N", "-10;N", "999999999;NT", "-999999999;nt", "5;rt",
                                 "+5;R"],
     [None, "", "120", "120;", ";R", "0;R", "-1;R", "1234567890;R", "120;X", "120;RN", "120;RTT", "1 ;R"]),
    ("SMTPUTF8", "MAIL", "SMTPUTF8", [None], ["", "1", "yes"]),
    ("CHECKPOINT", "MAIL", "TRANSID", ["<12345@a.example>", "<a@b.example>"],
     [None, "", "12345@a.example", "<12345>", "<>", "<a@b.example", "<" + "x" * 80 + "@a.example>"]),
    ("NO-SOLICITING", "MAIL", "SOLICIT", ["org.example:ADV:ADLT", "net.example:ADV,org.example:ADV:ADLT"],
     [None, "", ",", "org.example:ADV,", ":ADV"]),
    ("MTRK", "MAIL", "MTRK", ["MDEyMzQ1Njc4OWFiY2RlZg", "MDEyMzQ1Njc4OWFiY2RlZg:1800"],
     [None, "", ":1800", "MDEyMzQ1Njc4OWFiY2RlZg:", "MDEyMzQ1Njc4OWFiY2RlZg:x", "MDEyMzQ1Njc4OWFiY2RlZg:1234567890",
      "MDEy!!"]),
    ("SUBMITTER", "MAIL", "SUBMITTER", ["bob@example.org", "a+2Bb@example.org", "a+3Db@example.org"],
     [None, "", "bob", "<bob@example.org>", "bob@", "@example.org", "a+2bb@example.org", "a+0A@example.org"]),
    ("FUTURERELEASE", "MAIL", "HOLDFOR", ["1", "86400", "999999999"], [None, "", "0", "-1", "1234567890", "1h"]),
    ("FUTURERELEASE", "MAIL", "HOLDUNTIL", ["2098-12-31T23:59:59Z", "2030-02-28T00:00:00Z", "2028-02-29T12:00:00.5Z"],
     [None, "", "2030", "2030-01-01", "2030-01-01T00:00:00", "2030-13-01T00:00:00Z", "2030-02-29T00:00:00Z",
      "2030-01-01T24:00:00Z", "2030-01-01T00:60:00Z", "2030-01-01T00:00:00+01:00", "2100-01-01T00:00:00Z",
      "2030-1-1T00:00:00Z"]),
    ("CONPERM", "MAIL", "CONPERM", [None], ["", "1"]),
    ("CONNEG", "RCPT", "CONNEG", [None], ["", "1"]),
    ("MT-PRIORITY", "MAIL", "MT-PRIORITY", [str(i) for i in range(-9, 10)], [None, "", "10", "-10", "+1", "-", "1.5"]),
    ("RRVS", "RCPT", "RRVS", ["2014-04-03T23:01:00Z", "2014-04-03T23:01:00Z;C", "2014-04-03T23:01:00-08:00;R",
                              "2014-04-03t23:01:00z;r"],
     [None, "", "2014-04-03", "2014-04-03T23:01:00", "2014-04-03T23:01:00Z;", "2014-04-03T23:01:00Z;X",
      "2014-02-30T23:01:00Z", "2014-04-03T23:01:00Z;CR"]),
]
NEEDED = {"BINARYMIME": ("BINARYMIME", "8BITMIME")}  # what must be taken away for a keyword to be unknown


def said(keyword, value):
    return keyword if value is None else keyword + "=" + value


def try_parameters(client, verb, words, head):
    """Says MAIL or RCPT with parameters; leaves no transaction."""
    if verb == "RCPT":
        client.ask(SENDER, "250 2.1.0")
    client.ask((SENDER if verb == "MAIL" else RECIPIENT) + " " + words,
               {"250": "250 2.1.0" if verb == "MAIL" else "250 2.1.5"}.get(head, head))
    client.ask("RSET", "250 2.0.0")


ERRORS = ("--max-errors", "1000")


@each([("%s %s" % (row[1], row[2]) + (" of " + row[0] if row[2] == "BODY" else ""), row) for row in PARAMETERS])
def values(row):
    extension, verb, keyword, good, bad = row
    with Server(*ERRORS) as server, server.client() as client:
        for value in good:
            try_parameters(client, verb, said(keyword, value), "250")
        try_parameters(client, verb, said(keyword.lower(), good[0]), "250")
        for value in bad:
            try_parameters(client, verb, said(keyword, value), "501 5.5.4")
        try_parameters(client, verb, said(keyword, good[0]) + " " + said(keyword.lower(), good[0]), "501 5.5.4")
        try_parameters(client, verb, said(keyword, good[0]) + " X-NONE=1", "555 5.5.4")
        if not any(other[2] == keyword and other[1] != verb for other in PARAMETERS):
            try_parameters(client, "RCPT" if verb == "MAIL" else "MAIL", said(keyword, good[0]), "555 5.5.4")
        client.ask("HELO c.example.com", "250")
        try_parameters(client, verb, said(keyword, good[0]), "555 5.5.4")
    away = [word for name in NEEDED.get(extension, (extension,)) for word in ("--without", name)]
    if keyword == "BODY" and extension == "8BITMIME":
        away += ["--without", "BINARYMIME"]
    with Server(*ERRORS, *away, serves=False) as server, server.client(hello=None) as client:
        true(extension not in keywords(client.ask("EHLO c.example.com", "250")), "%s is offered" % extension)
        for value in good[:2] + [value for value in bad if value != ""][:2]:
            try_parameters(client, verb, said(keyword, value), "555 5.5.4")


@scenario
def binary_without_the_extension():
    with Server("--without", "BINARYMIME") as server, server.client() as client:
        try_parameters(client, "MAIL", "BODY=8BITMIME", "250")
        try_parameters(client, "MAIL", "BODY=BINARYMIME", "501 5.5.4")
    with Server("--without", "CHUNKING") as server, server.client(hello=None) as client:
        offered = keywords(client.ask("EHLO c.example.com", "250"))
        true("BINARYMIME" not in offered, "BINARYMIME without CHUNKING: %s" % offered)
        try_parameters(client, "MAIL", "BODY=BINARYMIME", "501 5.5.4")


@scenario
def all_at_once():
    """Every parameter of one verb in one line, in both orders, and one more that is wrong."""
    for verb in ("MAIL", "RCPT"):
        words = [said(keyword, good[-1] if keyword == "SIZE" else good[0])
                 for extension, of, keyword, good, _ in PARAMETERS
                 if of == verb and keyword != "HOLDUNTIL" and extension != "BINARYMIME"]
        with Server(*ERRORS) as server, server.client() as client:
            for line in (words, words[::-1]):
                try_parameters(client, verb, " ".join(line), "250")
                try_parameters(client, verb, " ".join(line + ["X=1"]), "555 5.5.4")
                try_parameters(client, verb, " ".join(line + line[:1]), "501 5.5.4")
    with Server(*ERRORS) as server, server.client() as client:
        try_parameters(client, "MAIL", "HOLDFOR=5 HOLDUNTIL=2030-01-01T00:00:00Z", "501 5.5.4")
        try_parameters(client, "MAIL", "REQUIRETLS", "555 5.5.4")
        try_parameters(client, "MAIL", "AUTH=<>", "555 5.5.4")


# what cannot be offered without another
NEEDED_BY = {"CHUNKING": ["BINARYMIME", "BURL"], "8BITMIME": ["SMTPUTF8"]}


@scenario
def offered():
    with Server() as server, server.client(hello=None) as client:
        got = keywords(client.ask("EHLO c.example.com", "250"))
        wanted = set("PIPELINING SIZE 8BITMIME ENHANCEDSTATUSCODES VRFY EXPN HELP CHUNKING BINARYMIME SMTPUTF8 DSN "
                     "DELIVERBY FUTURERELEASE MT-PRIORITY RRVS NO-SOLICITING MTRK SUBMITTER BURL ETRN CHECKPOINT "
                     "CONPERM CONNEG "
                     "LIMITS".split())
        same(set(got), wanted, "keywords")
        same((got["FUTURERELEASE"], got["LIMITS"]), ("999999999 2099-12-31T23:59:59Z", "RCPTMAX=1000"), "arguments")
    for name in sorted(wanted):
        with Server("--without", name.lower(), serves=False) as server, server.client(hello=None) as client:
            left = keywords(client.ask("EHLO c.example.com", "250"))
            same(wanted - set(left) - set(NEEDED_BY.get(name, ())), {name}, "without " + name)
    with Server("--max-rcpt", "123") as server, server.client(hello=None) as client:
        same(keywords(client.ask("EHLO c.example.com", "250"))["LIMITS"], "RCPTMAX=123", "LIMITS")


@scenario
def offers_of_ones_own():
    with Server("--offer", "X-TEST one two", "--offer", "DELIVERBY 3600", "--offer", "x-more") as server, \
            server.client(hello=None) as client:
        got = keywords(client.ask("EHLO c.example.com", "250"))
        same((got.get("X-TEST"), got.get("DELIVERBY"), {name.upper() for name in got} >= {"X-MORE"}),
             ("one two", "3600", True), "lines")
        client.ask(SENDER + " X-TEST=1", "555 5.5.4")
        client.ask("X-TEST", "500 5.5.2")
    with Server("--offer", "STARTTLS") as server, server.client(hello=None) as client:
        true("STARTTLS" in keywords(client.ask("EHLO c.example.com", "250")), "STARTTLS")
        client.ask("STARTTLS", "454 4.7.0")
        client.ask("NOOP", "250 2.0.0")


def page_rows():
    """Of the page about parameters: extension, verb, keyword, octets."""
    page = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "man", "ehlo_param.3")
    with open(page, encoding="utf-8") as file:
        rows = re.findall(r"^\.It (\S+) Ta (MAIL|RCPT|VRFY|EXPN) Ta (\S+) Ta \.?Dv \S+ Ta (\d+)$|"
                          r"^\.It (\S+) Ta (MAIL|RCPT|VRFY|EXPN) Ta (\S+) Ta Dv \S+ Ta (\d+)$", file.read(), re.M)
    return [tuple(filter(None, row)) for row in rows]


ROWS = page_rows()
LIMITED = sorted({row[0] for row in ROWS} - {"AUTH", "REQUIRETLS"})
FRONT = {"MAIL": SENDER + " X=", "RCPT": RECIPIENT + " X=", "VRFY": "VRFY ", "EXPN": "EXPN ", "NOOP": "NOOP ",
         "DATA": "DATA ", "ETRN": "ETRN @"}
WITHIN = {"MAIL": "555 5.5.4", "RCPT": "555 5.5.4", "NOOP": "250 2.0.0", "DATA": "501 5.5.4", "ETRN": "501 5.5.4"}


def try_limits(client, added):
    for verb, front in FRONT.items():
        if verb == "RCPT":
            client.ask(SENDER, "250 2.1.0")
        limit = 512 + added.get(verb, 0)
        for size in (limit - 1, limit, limit + 1, limit + 2):
            line = front + "y" * (size - 2 - len(front))
            if size > limit:
                client.ask(line, "500 5.5.2")
            else:
                client.ask(line, WITHIN.get(verb, "*" if verb in ("VRFY", "EXPN") else ""))


def added_by(names):
    added = {}
    for extension, verb, _, octets in ROWS:
        if extension in names:
            added[verb] = added.get(verb, 0) + int(octets)
    return added


def without_but(*kept):
    """Options that leave these of the extensions that add to lines."""
    return [word for name in LIMITED if name not in kept for word in ("--without", name)]


@scenario
def line_limits():
    """By each extension alone, and by all: as the page says."""
    true(len(ROWS) >= 23, "rows of the page: %s" % (ROWS,))
    for alone in LIMITED:
        kept = {alone} | {name for name, others in NEEDED_BY.items() if alone in others}
        with Server(*ERRORS, *without_but(*kept), serves=False) as server, server.client() as client:
            try_limits(client, added_by(kept))
    with Server(*ERRORS) as server, server.client() as client:
        try_limits(client, added_by(LIMITED))


@scenario
def utf8():
    """SMTPUTF8 end to end: UTF-8 in every path, in the trace header, and only where it was announced."""
    with Server(raw=False) as server, server.client() as client:
        client.ask("MAIL FROM:<\u00e9l\u00e8ve@\u00e9cole.example> SMTPUTF8 BODY=8BITMIME", "250 2.1.0")
        client.ask("RCPT TO:<\u7528\u6237@\u4f8b\u5b50.example>", "250 2.1.5")
        client.ask('RCPT TO:<"\u00fc b"@example.org>', "250 2.1.5")
        client.ask("RCPT TO:<bob@example.org> ORCPT=utf-8;\u00fcb@example.org", "250 2.1.5")
        client.ask("DATA", "354")
        client.ask("Subject: \u00fc\r\n\r\nbody".encode() + b"\r\n.\r\n", "250 2.0.0")
        text = server.take()[0].decode()
        for part in ("Return-Path: <\u00e9l\u00e8ve@\u00e9cole.example>\n",
                     "Delivered-To: \u7528\u6237@\u4f8b\u5b50.example\n",
                     "with UTF8SMTP", "Subject: \u00fc\n"):
            true(part in text, "%r is not in %r" % (part, text))
        # it holds for one transaction
        client.ask("MAIL FROM:<\u00e9@b.example>", "553 5.6.7")
        client.ask(SENDER, "250 2.1.0")
        client.ask("RCPT TO:<\u00e9@b.example>", "553 5.6.7")
        client.ask("RSET", "250 2.0.0")
        for bad in (b"\xff", b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xc3\xa9\x80"):
            reply = client.ask(b"MAIL FROM:<" + bad + b"@b.example> SMTPUTF8\r\n", "*")
            true(reply.head in ("501 5.1.7", "553 5.6.7"), repr(reply))
        client.ask("VRFY \u00e9 SMTPUTF8", "252 2.0.0")
        client.ask("EXPN \u00e9 SMTPUTF8", "252 2.0.0")
        client.ask("VRFY \u00e9", "553 5.6.7")
        client.ask("EHLO \u00e9.example", "501")
        client.deliver()
        true(b"with ESMTP " in server.take()[0], "the next message")
    with Server("--without", "SMTPUTF8") as server, server.client() as client:
        client.ask("MAIL FROM:<\u00e9@b.example> SMTPUTF8", "*")
        client.ask("RCPT TO:<bob@example.org>", "503 5.5.1")


@scenario
def utf8_in_pieces():
    wire = "MAIL FROM:<\u00e9\U0001f426@b.example> SMTPUTF8\r\nRCPT TO:<\u7528@b.example>\r\nDATA\r\n".encode()
    with Server() as server, server.client() as client:
        for at in range(1, len(wire)):
            client.send(wire[:at])
            time.sleep(0.002)
            client.send(wire[at:])
            client.expect("250 2.1.0", "250 2.1.5", "354")
            client.ask(MESSAGE + b".\r\n", "250 2.0.0")
        same(len(server.take()), len(wire) - 1, "messages")


@scenario
def verbs():
    """Those of extensions, with and without them; historic ones; unknown ones."""
    table = [("ETRN", "ETRN", [("ETRN example.org", "251 2.0.0"), ("ETRN @example.org", "251 2.0.0"),
                               ("ETRN #queue", "251 2.0.0"), ("etrn example.org", "251 2.0.0"),
                               ("ETRN", "501 5.5.4"), ("ETRN a b", "501 5.5.4"), ("ETRN #", "501 5.5.4"),
                               ("ETRN -x", "501 5.5.4")]),
             ("BURL", "BURL", [("BURL imap://a.example/x LAST", "503 5.5.1"), ("BURL", "501 5.5.4"),
                               ("BURL imap://a.example/x LATE", "501 5.5.4")]),
             ("HELP", "HELP", [("HELP", "214 2.0.0"), ("HELP MAIL", "214 2.0.0")])]
    with Server(*ERRORS) as server, server.client() as client:
        for _, _, rows in table:
            for line, head in rows:
                client.ask(line, head)
        for line in ("BURL imap://a.example/x", "BURL imap://a.example/x LAST"):
            client.ask(SENDER, "250 2.1.0")
            client.ask(RECIPIENT, "250 2.1.5")
            client.ask(line, "554 5.6.6")
            client.ask("RSET", "250 2.0.0")
        for line, head in (("ATRN example.org", "502 5.5.1"), ("AUTH PLAIN", "502 5.5.1"), ("STARTTLS", "502 5.5.1"),
                           ("XCLIENT NAME=x", "502 5.5.1"), ("XFORWARD NAME=x", "502 5.5.1"), ("TURN", "502 5.5.1"),
                           ("SEND FROM:<a@b.example>", "502 5.5.1"), ("SOML FROM:<a@b.example>", "502 5.5.1"),
                           ("SAML FROM:<a@b.example>", "502 5.5.1"), ("VERB", "500 5.5.2|502 5.5.1"),
                           ("ONEX", "500 5.5.2|502 5.5.1"), ("XVERP", "500 5.5.2"), ("BDATX 3", "500 5.5.2"),
                           ("AUTHX", "500 5.5.2"), ("EHLOX a", "500 5.5.2"), ("ETRNX a", "500 5.5.2")):
            reply = client.ask(line, "*")
            true(reply.head in head.split("|"), "%s: %r" % (line, reply))
        client.ask("HELO c.example.com", "250")
        for line in ("ETRN example.org", "BURL imap://a.example/x"):
            true(client.ask(line, "*").code in (502, 503), line + " after HELO")
    with Server("--without", "ETRN", "--without", "BURL", "--without", "HELP", *ERRORS) as server, \
            server.client() as client:
        for _, _, rows in table:
            for line, _ in rows:
                client.ask(line, "502 5.5.1")
