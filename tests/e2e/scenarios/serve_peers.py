# SPDX-License-Identifier: ISC
"""What is said of the peer, and who may say it: the PROXY protocol, XCLIENT, XFORWARD; and peers that speak early."""

import re
import socket
import struct
import time

from .harness import MESSAGE, RECIPIENT, SENDER, Client, Server, each, keywords, same, scenario, stuff, true

HELLO = "EHLO c.example.com"


def proxied(server, header, pieces=1):
    client = Client(server, greet=False)
    for at in range(pieces):
        size = -(-len(header) // pieces)
        client.send(header[at * size:(at + 1) * size])
        time.sleep(0.01 if pieces > 1 else 0)
    return client


SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def version_2(command, family, block, size=None):
    return SIGNATURE + bytes([0x20 | command, family]) + struct.pack("!H", len(block) if size is None else size) + block


def inet(source, destination="192.0.2.2", ports=(50000, 25)):
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    return socket.inet_pton(family, source) + socket.inet_pton(family, destination) + struct.pack("!HH", *ports)


UNIX = b"/a/socket".ljust(108, b"\0") * 2
GOOD = [  # name, header, what Received shows of the address
    ("TCP4", b"PROXY TCP4 203.0.113.7 192.0.2.2 50000 25\r\n", "[203.0.113.7]"),
    ("TCP6", b"PROXY TCP6 2001:db8::7 2001:db8::1 50000 25\r\n", "[IPv6:2001:db8::7]"),
    ("UNKNOWN", b"PROXY UNKNOWN\r\n", "[127.0.0.1]"),
    ("UNKNOWN and more", b"PROXY UNKNOWN ffff::1 what ever 1 2\r\n", "[127.0.0.1]"),
    ("longest", b"PROXY UNKNOWN " + b"x" * 91 + b"\r\n", "[127.0.0.1]"),
    ("2, TCP4", version_2(1, 0x11, inet("203.0.113.7")), "[203.0.113.7]"),
    ("2, TCP6", version_2(1, 0x21, inet("2001:db8::7", "2001:db8::1")), "[IPv6:2001:db8::7]"),
    ("2, LOCAL", version_2(0, 0x00, b""), "[127.0.0.1]"),
    ("2, LOCAL with an address", version_2(0, 0x11, inet("203.0.113.7")), "[127.0.0.1]"),
    ("2, UNSPEC", version_2(1, 0x00, b""), "[127.0.0.1]"),
    ("2, TLVs", version_2(1, 0x11, inet("203.0.113.7") + b"\x04\0\x03abc\x20\0\0"), "[203.0.113.7]"),
    ("2, long", version_2(1, 0x11, inet("203.0.113.7") + b"\x04\x40\0" + b"x" * 16384), "[203.0.113.7]"),
    ("2, UNIX", version_2(1, 0x31, UNIX), None),
]
BAD = [
    ("no header", b"EHLO c.example.com\r\n"),
    ("nothing like it", b"\0" * 200),
    ("an empty line", b"\r\n\r\n\r\nEHLO c.example.com\r\n"),
    ("PROXY alone", b"PROXY\r\n"),
    ("lower case", b"proxy TCP4 203.0.113.7 192.0.2.2 50000 25\r\n"),
    ("unknown family", b"PROXY TCP5 203.0.113.7 192.0.2.2 50000 25\r\n"),
    ("a space first", b" PROXY TCP4 203.0.113.7 192.0.2.2 50000 25\r\n"),
    ("two spaces", b"PROXY TCP4  203.0.113.7 192.0.2.2 50000 25\r\n"),
    ("no ports", b"PROXY TCP4 203.0.113.7 192.0.2.2\r\n"),
    ("port too large", b"PROXY TCP4 203.0.113.7 192.0.2.2 65536 25\r\n"),
    ("no port", b"PROXY TCP4 203.0.113.7 192.0.2.2 -1 25\r\n"),
    ("no address", b"PROXY TCP4 203.0.113.777 192.0.2.2 50000 25\r\n"),
    ("leading zero", b"PROXY TCP4 203.0.113.07 192.0.2.2 50000 25\r\n"),
    ("other family", b"PROXY TCP4 2001:db8::7 2001:db8::1 50000 25\r\n"),
    ("something behind", b"PROXY TCP4 203.0.113.7 192.0.2.2 50000 25 x\r\n"),
    ("bare LF", b"PROXY TCP4 203.0.113.7 192.0.2.2 50000 25\nEHLO c.example.com\r\n"),
    ("too long", b"PROXY UNKNOWN " + b"x" * 92 + b"\r\n"),
    ("endless", b"PROXY UNKNOWN " + b"x" * 10000),
    ("2, another version", SIGNATURE + b"\x11\x11\0\x0c" + inet("203.0.113.7")),
    ("2, another command", version_2(2, 0x11, inet("203.0.113.7"))),
    ("2, no room", version_2(1, 0x11, inet("203.0.113.7")[:11], 11)),
    ("2, TLV too long", version_2(1, 0x11, inet("203.0.113.7") + b"\x04\0\x09abc")),
    ("2, half a TLV", version_2(1, 0x11, inet("203.0.113.7") + b"\x04\0")),
    ("2, datagram", version_2(1, 0x12, inet("203.0.113.7"))),
    ("2, wrong signature", SIGNATURE[:-1] + b"\r" + b"\x21\x11\0\x0c" + inet("203.0.113.7")),
]


@each(GOOD)
def proxy(header, address):
    for pieces in (1, 2, len(header) if len(header) < 250 else 5):
        with Server("--proxy-protocol", raw=False, serves=False) as server, proxied(server, header, pieces) as client:
            client.expect("220")
            client.ask(HELLO, "250")
            client.deliver()
            text = re.sub(rb"\n[ \t]+", b" ", server.take()[0]).decode()
            if address:
                true(address in text.split("\nSubject")[0], "%s is not in %s" % (address, text))
            else:
                true("127.0.0.1" not in text, text)
            client.quit()


@each(BAD)
def no_proxy(header):
    with Server("--proxy-protocol", serves=False) as server:
        with proxied(server, header) as client:
            same(client.gone(), b"", "it was answered")
        with proxied(server, GOOD[0][1]) as client:
            client.expect("220")


@scenario
def proxy_and_a_session_at_once():
    for _, header, _ in GOOD:
        with Server("--proxy-protocol", serves=False) as server, Client(server, greet=False) as client:
            client.ask(header, "220")
            client.ask(HELLO + "\r\n" + SENDER + "\r\n" + RECIPIENT + "\r\nDATA", "250", "250 2.1.0", "250 2.1.5",
                       "354")
            client.ask(stuff(MESSAGE), "250 2.0.0")
            server.stored(MESSAGE)


@scenario
def proxy_verdicts():
    with Server("--proxy-protocol", "--reply", "connect:203.0.113.7=554 5.7.1 not you", serves=False) as server:
        for _, header, address in GOOD:
            with proxied(server, header) as client:
                client.expect("554 *" if address == "[203.0.113.7]" else "220")


@scenario(slow=True)
def proxy_that_never_comes():
    with Server("--proxy-protocol", "--timeout", "1", serves=False) as server:
        for header in (b"", b"P", GOOD[0][1][:-1], GOOD[5][1][:-1], SIGNATURE):
            with proxied(server, header) as client:
                begin = time.monotonic()
                client.gone()
                true(not client.got.startswith(b"220"), "greeted: %r" % client.got)
                true(time.monotonic() - begin < 4, "it took %.1f s" % (time.monotonic() - begin))


XCLIENT = ("--xclient", "127.0.0.1")


@scenario
def xclient():
    with Server(*XCLIENT, raw=False) as server:
        for words, shown, hidden in (
                ("NAME=spike.example.net ADDR=203.0.113.7", ["spike.example.net [203.0.113.7]"], "127.0.0.1"),
                ("ADDR=IPV6:2001:db8::7", ["[IPv6:2001:db8::7]"], "127.0.0.1"),
                ("addr=203.0.113.7 helo=said.example", ["from said.example", "[203.0.113.7]"], "127.0.0.1"),
                ("NAME=[UNAVAILABLE] ADDR=203.0.113.7", ["[203.0.113.7]"], "127.0.0.1"),
                ("NAME=[TEMPUNAVAIL] ADDR=203.0.113.7 PORT=1234 PROTO=ESMTP", ["[203.0.113.7]"], "127.0.0.1"),
                ("DESTADDR=192.0.2.1 DESTPORT=25 LOGIN=alice ADDR=203.0.113.7", ["[203.0.113.7]"], "127.0.0.1"),
                ("NAME=a+2Db.example ADDR=203.0.113.7", ["a-b.example [203.0.113.7]"], "127.0.0.1")):
            with server.client(hello=None) as client:
                got = keywords(client.ask(HELLO, "250"))
                same(set(got.get("XCLIENT", "").split()),
                     set("NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT".split()),
                     "XCLIENT")
                same(set(got.get("XFORWARD", "").split()), set("NAME ADDR PORT PROTO HELO IDENT SOURCE".split()),
                     "XFORWARD")
                client.ask("XCLIENT " + words, "220")
                client.ask(SENDER, "503 5.5.1")
                client.ask("EHLO said.example" if "helo=" not in words else HELLO, "250")
                client.deliver()
                text = re.sub(rb"\n[ \t]+", b" ", server.take()[0]).decode()
                for part in shown if "helo=" not in words else shown[1:]:
                    true(part in text, "%s: %s is not in %s" % (words, part, text))
                true(hidden not in text, "%s: %s" % (words, text))


@scenario
def xclient_is_refused():
    bad = ["", " ", " NAME", " =x", " NAME=", " NAME=a+2", " NAME=a+0Ab.example", " ADDR=203.0.113",
           " ADDR=2001:db8::7",
           " PORT=65536", " PORT=x", " COLOUR=red", " NAME=a b"]
    with Server(*XCLIENT, "--max-errors", "1000") as server, server.client() as client:
        for words in bad:
            client.ask("XCLIENT" + words, "501 5.5.4")
            if words not in (" PORT=x", " PORT=65536"):
                client.ask("XFORWARD" + words, "501 5.5.4")
        client.ask(SENDER, "250 2.1.0")
        client.ask("XCLIENT NAME=x.example", "503 5.5.1")
        client.ask("RSET", "250 2.0.0")
        for line in ("XFORWARD NAME=spike.example ADDR=203.0.113.7 PROTO=ESMTP",
                     "XFORWARD HELO=a SOURCE=REMOTE IDENT=x",
                     "xforward source=local"):
            client.ask(line, "250 2.0.0")
        client.deliver()
        server.stored(MESSAGE)
    with Server("--xclient", "192.0.2.1", "--max-errors", "1000") as server, server.client(hello=None) as client:
        got = keywords(client.ask(HELLO, "250"))
        true(not {"XCLIENT", "XFORWARD"} & set(got), "offered: %s" % got)
        for line in ("XCLIENT NAME=x ADDR=203.0.113.7", "XFORWARD NAME=x"):
            client.ask(line, "502 5.5.1")


@scenario
def xclient_and_verdicts():
    """The verdict about the address claimed; a session that was there before goes on when it is refused."""
    with Server(*XCLIENT, "--reply", "connect:203.0.113.7=554 5.7.1 not you") as server, server.client() as client:
        client.ask("XCLIENT ADDR=203.0.113.8", "220")
        client.ask(HELLO, "250")
        client.ask("XCLIENT ADDR=203.0.113.7", "554 *")
    # with a PROXY header it is the client behind the proxy that must be named
    with Server(*XCLIENT, "--proxy-protocol", serves=False) as server:
        with proxied(server, GOOD[0][1]) as client:
            client.expect("220")
            true("XCLIENT" not in keywords(client.ask(HELLO, "250")), "a client behind a trusted proxy is not")
    with Server("--xclient", "203.0.113.7", "--proxy-protocol", serves=False) as server:
        with proxied(server, GOOD[0][1]) as client:
            client.expect("220")
            true("XCLIENT" in keywords(client.ask(HELLO, "250")), "one that is named is, by its proxy's word")


@scenario
def xclient_split():
    wire = (HELLO + "\r\nXCLIENT NAME=spike.example.net ADDR=203.0.113.7\r\n" + HELLO + "\r\nNOOP\r\n").encode()
    with Server(*XCLIENT) as server:
        for at in range(1, len(wire), 3):
            with server.client(hello=None) as client:
                client.send(wire[:at])
                time.sleep(0.002)
                client.ask(wire[at:], "250", "220", "250", "250 2.0.0")


@scenario(slow=True)
def early_talkers():
    for wire in (b"EHLO c.example.com\r\n", b"E", b"\r\n", b"\0", b"x" * 100000):
        with Server("--greet-delay", "1", serves=False) as server:
            with Client(server, greet=False) as client:
                begin = time.monotonic()
                client.send(wire)
                client.expect("554 *")
                true(time.monotonic() - begin < 0.9, "it waits with the 554")
                same(re.findall(rb"220 ", client.got), [], "a greeting")
            with Client(server, greet=False) as client:
                client.send(b"EHLO c.example.com\r\nMAIL FROM:<a@b.example>\r\nQUIT\r\n")
                client.expect("554 *", "503 *", "503 *", "221 *")
                client.ended()


@scenario(slow=True)
def patient_talkers():
    with Server("--greet-delay", "1", serves=False) as server:
        early, gone = Client(server, greet=False), Client(server, greet=False)
        gone.close()
        begin = time.monotonic()
        early.expect("220")
        true(0.8 < time.monotonic() - begin < 3, "after %.1f s" % (time.monotonic() - begin))
        early.ask(HELLO, "250")
        early.deliver()
        server.stored(MESSAGE)
        early.quit()
