# SPDX-License-Identifier: ISC
"""examples/check: one verdict a line, as its contract says."""

import itertools

from .harness import decode, program, same, scenario, split_end, true


def verdicts(mode, inputs, *options):
    code, out, errors = program("check", mode, *options, given="".join(line + "\n" for line, *_ in inputs).encode())
    same((code, errors), (0, ""), "exit code and stderr")
    lines = out.decode().split("\n")
    same(lines.pop(), "", "what stands behind the last line end")
    same(len(lines), len(inputs), "lines of output")
    wrong = []
    for (line, *expected), got in zip(inputs, lines):
        fields = got.split("\t")
        if fields[0] in ("invalid", "malformed", "refused") and len(fields) == 3 and fields[2]:
            fields.pop()  # the reason is for people
        if fields != [str(field) for field in expected]:
            wrong.append("%s %r: got %r, expected %r" % (mode, line, got, expected))
    true(not wrong, "\n".join(wrong))


@scenario
def address():
    verdicts("address", [
        ("<a@b>", "valid", "a", "b"),
        ("<a@b.example>", "valid", "a", "b.example"),
        ("<>", "valid", "", ""),
        ("<Postmaster>", "valid", "Postmaster", ""),
        ("<pOSTMASTER>", "valid", "pOSTMASTER", ""),
        ("<Postmaster@b.example>", "valid", "Postmaster", "b.example"),
        ('<"a b"@c.example>', "valid", "a b", "c.example"),
        ('<"a>b"@c.example>', "valid", "a>b", "c.example"),
        ('<"a@b"@c.example>', "valid", "a@b", "c.example"),
        ('<""@c.example>', "valid", "", "c.example"),
        ('<"a\\\\"b"@c.example>', "valid", 'a"b', "c.example"),
        ('<"a\\\\\\\\b"@c.example>', "valid", "a\\\\b", "c.example"),
        ('<"\\\\a"@c.example>', "valid", "a", "c.example"),
        ("<a.b.c@d.example>", "valid", "a.b.c", "d.example"),
        ("<!#$%&'*+-/=?^_`{|}~@d.example>", "valid", "!#$%&'*+-/=?^_`{|}~", "d.example"),
        ("<@x.example:a@b.example>", "valid", "a", "b.example"),
        ("<@x.example,@y.example:a@b.example>", "valid", "a", "b.example"),
        ("<a@[192.0.2.1]>", "valid", "a", "[192.0.2.1]"),
        ("<a@[IPv6:::1]>", "valid", "a", "[IPv6:::1]"),
        ("<a@[IPv6:2001:db8::192.0.2.1]>", "valid", "a", "[IPv6:2001:db8::192.0.2.1]"),
        ("<a@[x-y:content]>", "valid", "a", "[x-y:content]"),
        ("<" + "l" * 64 + "@d.example>", "valid", "l" * 64, "d.example"),
        ("<\\x61@b.example>", "valid", "a", "b.example"),
        ("<\\x2b\\x2B@b.example>", "valid", "++", "b.example"),
        ("<a@1.2.3.4>", "valid", "a", "1.2.3.4"),
        ("", "invalid", 0),
        ("a@b", "invalid", 0),
        (" <a@b>", "invalid", 0),
        ("<a@b", "invalid", 4),
        ("<", "invalid", 1),
        ("<a", "invalid", 2),
        ("<@b.example>", "invalid", 11),
        ("<a@>", "invalid", 3),
        ("<a@b> ", "invalid", 5),
        ("<a@b>>", "invalid", 5),
        ("<a@b>\\r\\n", "invalid", 5),
        ("<a b@c>", "invalid", 2),
        ("<a..b@c>", "invalid", 3),
        ("<.a@c>", "invalid", 1),
        ("<a.@c>", "invalid", 3),
        ("<a@b@c>", "invalid", 4),
        ("<a@b..c>", "invalid", 5),
        ("<a@.b>", "invalid", 3),
        ("<a@-b>", "invalid", 3),
        ("<a@b_c>", "invalid", 4),
        ("<a@b\\x00>", "invalid", 4),
        ("<a\\n@b>", "invalid", 2),
        ('<"a@b>', "invalid", 6),
        ('<"a"b@c>', "invalid", 4),
        ('<"a\\r\\n"@c>', "invalid", 3),
        ("<\\xC3\\xA9@b>", "invalid", 1),
        ("<a@[192.0.2.1>", "invalid", 13),
        ("<@x.example:>", "invalid", 12),
        ("<\\q@b>", "invalid", 1),
        ("<\\x4@b>", "invalid", 1),
    ])
    for line in ("<a@[192.0.2.256]>", "<a@[IPv6:1:2]>", "<a@[IPv6::::1]>", "<a@[]>", "<a@[1.2.3]>", "<a@[1.2.3.4.5]>",
                 "<a@b-.example>", "<" + "l" * 65 + "@d.example>", "<a@" + "d" * 64 + ">", "<bob>", "<a@b.>",
                 "<a@" + ".".join(["d" * 60] * 5) + ">"):
        out = program("check", "address", given=line.encode() + b"\n")[1].decode()
        true(out.startswith("invalid\t"), "%r is %r" % (line, out))


@scenario
def address_utf8():
    verdicts("address", [("<\\xC3\\xA9@b>", "valid", "\u00e9", "b"),
                         ("<\u00e9@\u00e9.example>", "valid", "\u00e9", "\u00e9.example"),
                         ("<\\xFF@b>", "invalid", 1), ("<a\\xC3@b>", "invalid", 3), ("<a@b>", "valid", "a", "b"),
                         ('<"\u00e9 "@b>', "valid", "\u00e9 ", "b")], "--smtputf8")


@scenario
def reply():
    verdicts("reply", [
        ("250 OK\\r\\n", 250, "-", 1, "OK"),
        ("250 2.1.0 OK\\r\\n", 250, "2.1.0", 1, "OK"),
        ("250-a\\r\\n250 b\\r\\n", 250, "-", 2, "a\\nb"),
        ("250-2.1.0 a\\r\\n250 2.1.0 b\\r\\n", 250, "2.1.0", 2, "a\\nb"),
        ("250\\r\\n", 250, "-", 1, ""),
        ("250 \\r\\n", 250, "-", 1, ""),
        ("250-\\r\\n250 \\r\\n", 250, "-", 2, "\\n"),
        ("354 go on\\r\\n", 354, "-", 1, "go on"),
        ("550 5.7.606 no\\r\\n", 550, "5.7.606", 1, "no"),
        ("550 4.1.1 no\\r\\n", 550, "-", 1, "4.1.1 no"),
        ("550 5.1.1\\r\\n", 550, "5.1.1", 1, ""),
        ("550 5.1.1x\\r\\n", 550, "-", 1, "5.1.1x"),
        ("250 a\\tb \\\\ c\\r\\n", 250, "-", 1, "a\\tb \\\\ c"),
        ("299 x\\r\\n", 299, "-", 1, "x"),
        ("599 x\\r\\n", 599, "-", 1, "x"),
        ("", "malformed", 0),
        ("2", "malformed", 1),
        ("250", "malformed", 3),
        ("250 OK", "malformed", 6),
        ("250 OK\\r", "malformed", 7),
        ("250-OK\\r\\n", "malformed", 8),
        ("250-a\\r\\n25", "malformed", 9),
        ("250-a\\r\\n251 b\\r\\n", "malformed", 7),
        ("abc x\\r\\n", "malformed", 0),
        ("2x0 x\\r\\n", "malformed", 1),
        ("25 x\\r\\n", "malformed", 2),
        ("250x\\r\\n", "malformed", 3),
        ("2500 x\\r\\n", "malformed", 3),
        ("199 x\\r\\n", "malformed", 0),
        ("600 x\\r\\n", "malformed", 0),
        ("250 a\\rb\\r\\n", "malformed", 5),
        ("250 a\\nb\\r\\n", "malformed", 5),
        ("250 OK\\n", "malformed", 6),
        ("250 a\\x00b\\r\\n", "malformed", 5),
        ("250 OK\\r\\nx", "malformed", 8),
        ("250 OK\\r\\n250 OK\\r\\n", "malformed", 8),
    ])


@scenario
def command():
    verdicts("command", [
        ("MAIL FROM:<a@b> SIZE=10 BODY=8BITMIME", "MAIL", "<a@b>", "SIZE=10", "BODY=8BITMIME"),
        ("mail from:<>", "MAIL", "<>"),
        ("RCPT TO:<Postmaster>", "RCPT", "<Postmaster>"),
        ("RCPT TO:<a@b> NOTIFY=NEVER ORCPT=rfc822;a@b", "RCPT", "<a@b>", "NOTIFY=NEVER", "ORCPT=rfc822;a@b"),
        ("MAIL FROM:<a@b> SMTPUTF8", "MAIL", "<a@b>", "SMTPUTF8"),
        ('RCPT TO:<"a b SIZE=1> X"@c>', "RCPT", '<"a b SIZE=1> X"@c>'),
        ("MAIL FROM:<> AUTH=<> BY=-1;NT ENVID=a+2Bb X-Y=1", "MAIL", "<>", "AUTH=<>", "BY=-1;NT", "ENVID=a+2Bb",
         "X-Y=1"),
        ("EHLO c.example", "EHLO", "c.example"),
        ("helo [192.0.2.1]", "HELO", "[192.0.2.1]"),
        ("NOOP", "NOOP", ""),
        ("NOOP one two", "NOOP", "one two"),
        ("DATA", "DATA", ""),
        ("RSET ", "RSET", ""),
        ("quit", "QUIT", ""),
        ("VRFY bob smith", "VRFY", "bob smith"),
        ("AUTH PLAIN AGEAYg==", "AUTH", "PLAIN AGEAYg=="),
        ("BDAT 10 LAST", "BDAT", "10 LAST"),
        ("STARTTLS", "STARTTLS", ""),
        ("XYZZY plugh", "XYZZY", "plugh"),
        ("DATAx", "DATAX", ""),
        ("", "invalid", 0),
        (" NOOP", "invalid", 0),
        ("1FOO", "invalid", 0),
        ("EHLO", "invalid", 4),
        ("MAIL", "invalid", 4),
        ("MAIL TO:<a@b>", "invalid", 5),
        ("MAIL FROM:a@b", "invalid", 10),
        ("MAIL FROM: <a@b>", "invalid", 10),
        ("RCPT TO:<>", "invalid", 9),
        ("MAIL FROM:<a@b>SIZE=1", "invalid", 15),
        ("MAIL FROM:<a@b>  SIZE=1", "invalid", 16),
        ("MAIL FROM:<a@b> SIZE=", "invalid", 21),
        ("MAIL FROM:<a@b> SIZE=1 size=2", "invalid", 23),
        ("MAIL FROM:<a@b> X=\\x00", "invalid", 18),
        ("MAIL FROM:<a@b> SIZE", "invalid", 20),
        ("MAIL FROM:<a@b> SIZE=1x", "invalid", 22),
        ("MAIL FROM:<a@b> X=1 BODY=9BIT SIZE=x", "invalid", 25),
        ("MAIL FROM:<a@b> SMTPUTF8=1", "invalid", 25),
        ("MAIL FROM:<a@b> BY=0;R", "invalid", 21),
        ("RCPT TO:<a@b> NOTIFY=SUCCESS,NEVER", "invalid", 29),
        ("RCPT TO:<a@b> ORCPT=rfc822;a+0Ab", "invalid", 28),
        ("DATA x", "invalid", 5),
        ("QUIT x", "invalid", 5),
        ("STARTTLS x", "invalid", 9),
        ("VRFY", "invalid", 4),
        ("NOOP \\x07", "invalid", 5),
        ("NOOP\\r\\n", "invalid", 4),
        ("NO\\x00OP", "invalid", 2),
    ])


@scenario
def registry():
    code, out, errors = program("check", "registry")
    same((code, errors), (0, ""), "exit code and stderr")
    rows = [line.split("\t") for line in out.decode().splitlines()]
    true(all(len(row) == 5 and row[4].isdigit() for row in rows), "five fields, the last a number")
    true(["SIZE", "MAIL", "SIZE", "SIZE", "26"] in rows and ["STARTTLS", "STARTTLS", "-", "-", "0"] in rows, out)


@scenario
def smuggle():
    verdicts("smuggle", [
        ("a\\r\\n.\\r\\n", "message", 6, "a\\r\\n"),
        (".\\r\\n", "message", 3, ""),
        (".\\r\\nQUIT\\r\\n", "message", 3, ""),
        ("..\\r\\n.\\r\\n", "message", 7, ".\\r\\n"),
        (".a\\r\\n.\\r\\n", "message", 7, "a\\r\\n"),
        ("a\\x00\\t\\\\\\r\\n.\\r\\n", "message", 9, "a\\x00\\t\\\\\\r\\n"),
        ("a\\n.\\r\\n\\r\\n.\\r\\n", "refused", 10),
        ("a\\r.\\r\\r\\n.\\r\\n", "refused", 9),
        ("", "incomplete", 0, ""),
        ("a", "incomplete", 1, "a"),
    ])


def escaped(data):
    return data.decode("latin-1").replace("\r", "\\r").replace("\n", "\\n").replace("\0", "\\x00")


@scenario
def smuggle_every_string():
    """All strings of up to six of these octets, under each policy, against a reference of ten lines."""
    strings = [bytes(octets) for length in range(7) for octets in itertools.product(b"\r\n.x", repeat=length)]
    given = "".join(escaped(string) + "\n" for string in strings).encode()
    for policy in ("reject", "normalize", "keep"):
        code, out, _ = program("check", "smuggle", "--bare-newline", policy, given=given)
        same(code, 0, "exit code")
        for string, got in zip(strings, out.decode().split("\n")):
            content, rest = split_end(string)
            fields = got.split("\t")
            if content is None:
                same(fields[0], "incomplete", repr(string))
                continue
            body = decode(content, policy)
            used = str(len(string) - len(rest))
            expected = ["refused", used] if body is None else ["message", used, escaped(body)]
            same(fields[:len(expected)], expected, "%s, %r" % (policy, string))


@scenario
def usage():
    for arguments in ((), ("nonsense",), ("address", "more"), ("address", "--bare-newline", "keep"),
                      ("smuggle", "--bare-newline"), ("smuggle", "--bare-newline", "maybe"), ("reply", "--smtputf8")):
        code, out, errors = program("check", *arguments)
        same((code, out), (64, b""), "exit code and stdout of %s" % (arguments,))
        true("usage: check" in errors, errors)
    code, out, _ = program("check", "--help")
    true(code == 0 and b"usage: check" in out, "--help")
    for mode in ("address", "reply", "command", "smuggle"):
        same(program("check", mode)[:2], (0, b""), "no input at all")
        same(program("check", mode, given=b"x" * 3000000 + b"\n" + b"\0\n")[1].count(b"\n"), 2, "a very long line")
        same(program("check", mode, given=b"x")[1].count(b"\n"), 1, "a last line without its end")
