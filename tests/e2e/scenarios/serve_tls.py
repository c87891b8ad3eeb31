# SPDX-License-Identifier: ISC
"""STARTTLS and implicit TLS: what crosses the handshake (nothing), and what is taken without it."""

import socket
import ssl
import struct
import time

from . import tls
from .harness import MESSAGE, RECIPIENT, SENDER, Client, Server, each, keywords, program, same, scenario, stuff, true
from .serve_auth import ALICE, plain, users_file
from .serve_bdat import chunk

HELLO = "EHLO c.example.com"


def server(*options, **more):
    return Server(*tls.server_options(), *options, **more)


@scenario(tls=True)
def forgotten():
    """After the handshake the session is as at its start."""
    with server("--users", users_file(), raw=False) as here, here.client(hello=None) as client:
        client.ask("STARTTLS", "503 5.5.1")
        got = keywords(client.ask(HELLO, "250"))
        true("STARTTLS" in got and not {"AUTH", "REQUIRETLS"} & set(got), "in the clear: %s" % got)
        client.ask("STARTTLS now", "501 5.5.4")
        client.ask(SENDER + " REQUIRETLS", "555 5.5.4")
        client.ask("AUTH PLAIN " + plain(*ALICE), "538 5.7.11")
        client.ask("STARTTLS", "220 2.0.0")
        client.secure(tls.client_context())
        client.ask(SENDER, "503 5.5.1")
        client.ask("AUTH PLAIN " + plain(*ALICE), "503 5.5.1")
        got = keywords(client.ask("EHLO again.example", "250"))
        true("STARTTLS" not in got and {"AUTH", "REQUIRETLS"} <= set(got), "under TLS: %s" % got)
        client.ask("STARTTLS", "503 5.5.1")
        client.deliver(sender=SENDER + " REQUIRETLS")
        text = here.take()[0]
        true(b"with ESMTPS " in text and b"again.example" in text, repr(text))
        client.ask(SENDER + " REQUIRETLS=1", "501 5.5.4")
        client.quit()


@scenario(tls=True)
def in_a_transaction():
    with server() as here, here.client() as client:
        client.ask(SENDER, "250 2.1.0")
        client.ask(RECIPIENT, "250 2.1.5")
        client.send("STARTTLS")
        reply = client.reply()
        if reply.code == 220:
            client.secure(tls.client_context())
            client.ask(RECIPIENT, "503 5.5.1")
            client.ask(HELLO, "250")
            client.ask("DATA", "503 5.5.1")
        else:
            same(reply.head, "503 5.5.1", "STARTTLS in a transaction")
            client.ask("DATA", "354")
            client.ask(stuff(b""), "250 2.0.0")
            here.take()


@each([
    ("a command", b"NOOP\r\n"),
    ("half a command", b"N"),
    ("a line end", b"\r\n"),
    ("a lone CR", b"\r"),
    ("a mail", ("%s\r\n%s\r\n%s\r\nDATA\r\n" % (HELLO, SENDER, RECIPIENT)).encode() + stuff(MESSAGE)),
    ("much", b"RSET\r\n" * 50000),
    ("QUIT", b"QUIT\r\n"),
    ("a record of TLS", b"\x16\x03\x01\x00\x05hello"),
], tls=True)
def injected(wire):
    """Octets in the segment of STARTTLS: none is answered, in the clear or under TLS, and there is no handshake."""
    for pause in (False, True):
        with server() as here:
            client = here.client()
            client.send(b"STARTTLS\r\n" + wire[:1 if pause else None])
            if pause:
                time.sleep(0.01)
                try:
                    client.socket.sendall(wire[1:])
                except ConnectionError:
                    pass
            got = client.gone()
            true(got in (b"", b"220 2.0.0 ready to start TLS\r\n") or got.startswith(b"220 ") and got.count(b"\r\n")
                 == 1,
                 "answered %r" % got)
            client.close()
            here.nothing()


@scenario(tls=True)
def injected_before_a_handshake():
    """The client goes on as if nothing had been: what was injected is not run under TLS."""
    with server() as here:
        client = here.client()
        client.send(b"STARTTLS\r\nNOOP\r\n")
        try:
            client.socket.settimeout(3)
            client.line()
            client.socket = tls.client_context().wrap_socket(client.socket, server_hostname="mx.example.org")
            data = client.socket.recv(100)
            true(not data, "under TLS: %r" % data)
        except (OSError, AssertionError):
            pass
        client.close()


@each([
    ("garbage", b"hello there, this is no TLS\r\n" * 10),
    ("a command", b"EHLO c.example.com\r\n"),
    ("an alert", b"\x15\x03\x01\x00\x02\x02\x28"),
    ("half a record", b"\x16\x03\x01\x40\x00xx"),
    ("zeros", b"\0" * 1000),
], tls=True)
def no_handshake(wire):
    with server("--timeout", "1") as here:
        client = here.client()
        client.ask("STARTTLS", "220 2.0.0")
        client.send(wire)
        client.socket.settimeout(5)
        got = client.gone()
        true(not got.startswith((b"2", b"5")), "answered %r" % got)
        client.close()


@scenario(tls=True, slow=True)
def lost_in_the_handshake():
    with server("--timeout", "1") as here:
        for how in ("close", "reset", "half_close"):
            client = here.client()
            client.ask("STARTTLS", "220 2.0.0")
            getattr(client, how)()
            client.close()
        for wire in (b"", b"\x16"):
            with here.client() as client:
                client.ask("STARTTLS", "220 2.0.0")
                begin = time.monotonic()
                client.send(wire)
                client.gone()
                true(time.monotonic() - begin < 4, "it took %.1f s" % (time.monotonic() - begin))


class Slow:
    """A client whose handshake and records go through our hands."""

    def __init__(self, client, context):
        self.client, self.into, self.out = client, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.object = context.wrap_bio(self.into, self.out, server_hostname="mx.example.org")

    def flush(self, size):
        data = self.out.read()
        for at in range(0, len(data), size):
            self.client.socket.sendall(data[at:at + size])
            if size < 10:
                time.sleep(0.0002)

    def run(self, function, size):
        while True:
            try:
                result = function()
                self.flush(size)
                return result
            except ssl.SSLWantReadError:
                self.flush(size)
                data = self.client.socket.recv(65536)
                if not data:
                    raise AssertionError("closed") from None
                self.into.write(data)


@scenario(tls=True)
def in_small_pieces():
    """Handshake and records an octet at a time; and a mail in one segment with the last of the handshake."""
    wire = ("%s\r\n%s\r\n%s\r\nDATA\r\n" % (HELLO, SENDER, RECIPIENT)).encode() + stuff(MESSAGE) + b"QUIT\r\n"
    with server() as here:
        for size in (1, 7, 100000):
            with here.client() as client:
                client.ask("STARTTLS", "220 2.0.0")
                slow = Slow(client, tls.client_context())
                if size == 100000:
                    slow.flush, flush = lambda size: None, slow.flush
                    while True:
                        try:
                            slow.object.do_handshake()
                            break
                        except ssl.SSLWantReadError:
                            flush(size)
                            slow.into.write(client.socket.recv(65536))
                    slow.object.write(wire)
                    flush(size)
                    slow.flush = flush
                else:
                    slow.run(slow.object.do_handshake, size)
                    slow.run(lambda: slow.object.write(wire), size)
                got = b""
                while b"221 " not in got:
                    got += slow.run(lambda: slow.object.read(65536), size)
                codes = [line[:3] for line in got.split(b"\r\n") if line[3:4] == b" "]
                same(codes, [b"250", b"250", b"250", b"354", b"250", b"221"], "replies")
            here.stored(MESSAGE)


@scenario(tls=True)
def split():
    with server() as here:
        for at in range(1, len(b"STARTTLS\r\n")):
            with here.client() as client:
                client.send(b"STARTTLS\r\n"[:at])
                time.sleep(0.002)
                client.ask(b"STARTTLS\r\n"[at:], "220 2.0.0")
                client.secure(tls.client_context())
                client.ask(HELLO, "250")
                client.deliver()
        same(len(here.take()), 9, "messages")


@scenario(tls=True)
def implicit():
    with server("--tls-implicit", serves=False, raw=False) as here:
        client = Client(here, greet=False)
        client.secure(tls.client_context())
        client.expect("220")
        got = keywords(client.ask(HELLO, "250"))
        true("STARTTLS" not in got and "REQUIRETLS" in got, "offered: %s" % got)
        true(client.ask("STARTTLS", "*").head in ("502 5.5.1", "503 5.5.1"), "STARTTLS")
        client.deliver()
        true(b"with ESMTPS " in here.take()[0], "Received")
        client.quit()
        with Client(here, greet=False) as client:
            client.send(b"EHLO c.example.com\r\n" * 20)
            got = client.gone()
            true(b"220" not in got and b"250" not in got, "in the clear: %r" % got)
    header = b"PROXY TCP4 203.0.113.7 192.0.2.2 50000 25\r\n"
    with server("--tls-implicit", "--proxy-protocol", serves=False, raw=False) as here:
        client = Client(here, greet=False)
        client.send(header)
        client.secure(tls.client_context())
        client.expect("220")
        client.ask(HELLO, "250")
        client.deliver()
        true(b"[203.0.113.7]" in here.take()[0], "the address")


@scenario(tls=True)
def required():
    with server("--require-tls", "--users", users_file(), "--require-auth", serves=False) as here, \
            here.client(hello=None) as client:
        client.ask("NOOP", "250 2.0.0")
        client.ask(HELLO, "250")
        for line in (SENDER, RECIPIENT, "DATA", "RSET", "VRFY bob", "AUTH PLAIN " + plain(*ALICE), "HELP"):
            client.ask(line, "530 5.7.0")
        client.ask(chunk(b"QUIT\r\n", "last") + b"NOOP\r\n", "530 5.7.0", "250 2.0.0")
        client.ask("FROB", "500 5.5.2")
        client.start_tls(tls.client_context())
        client.ask(SENDER, "530 5.7.0")
        client.ask("AUTH PLAIN " + plain(*ALICE), "235 2.7.0")
        client.deliver()
        here.stored(MESSAGE)
        client.quit()


@scenario(tls=True)
def verdicts():
    with server("--reply", "starttls=454 4.7.0 not now") as here, here.client() as client:
        client.ask("STARTTLS", "454 4.7.0")
        client.deliver()
        here.stored(MESSAGE)


@scenario(tls=True)
def great_messages():
    body = b"".join(b".%d\r\n" % i for i in range(400000))
    with server() as here, here.client(hello=None) as client:
        client.ask(HELLO, "250")
        client.start_tls(tls.client_context())
        client.deliver(body)
        here.stored(body)
        client.ask(SENDER + " BODY=BINARYMIME", "250 2.1.0")
        client.ask(RECIPIENT, "250 2.1.5")
        client.ask(chunk(body) + chunk(b"\0\n", "last") + b"NOOP\r\n", "250 2.0.0", "250 2.0.0", "250 2.0.0")
        here.stored(body + b"\0\n")


@scenario(tls=True)
def cut_off():
    """TLS that ends inside a chunk or a message, by an alert, a FIN or a RST: the message does not exist."""
    wires = (b"BDAT 100 LAST\r\nabc", b"BDAT 3\r\nabc", b"BDAT 3\r\nabcBDAT 0 LAST\r",
             b"DATA\r\nSubject: x\r\n\r\nhello\r\n",
             b"DATA\r\nhello\r\n.\r")
    with server() as here:
        for wire in wires:
            for how in ("unwrap", "close", "reset"):
                client = here.client()
                client.start_tls(tls.client_context())
                client.ask(SENDER, "250 2.1.0")
                client.ask(RECIPIENT, "250 2.1.5")
                client.send(wire)
                if how == "unwrap":
                    client.socket.settimeout(0.05)
                    try:
                        client.socket.unwrap()
                    except (OSError, ValueError):
                        pass
                if how == "reset":
                    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
        time.sleep(0.1)
        here.nothing()


@scenario(tls=True)
def usage():
    base = ("--listen", "127.0.0.1:0", "--discard", "--hostname", "mx.example.org")
    pair = tls.server_options()
    for words, codes in (((*pair, "--stdio"), (64,)), (("--require-tls",), (64,)), (("--tls-implicit",), (64,)),
                         (pair[:2], (64, 66)), (pair[2:], (64,)), (("--require-auth",), (64,)),
                         (("--tls-cert", "/no/where", *pair[2:]), (64, 66, 73, 74, 78)),
                         ((*pair[:3], tls.file("other.key")), (64, 65, 66, 73, 78)),
                         (("--users", "/no/where"), (64, 65, 66, 73, 78))):
        arguments = [word for word in base if not ("--stdio" in words and word in base[:2])]
        code, out, errors = program("serve", *arguments, *words)
        true(code in codes and out == b"" and errors.startswith("serve: "), "%s: %d %r" % (words, code, errors))
