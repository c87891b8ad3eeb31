# SPDX-License-Identifier: ISC
"""The command line: what is refused, what is taken away, one session over pipes, the trace."""

import os
import re
import shutil
import subprocess
import tempfile

from . import harness
from .harness import MESSAGE, RECIPIENT, SENDER, Client, Server, program, same, scenario, stuff, true


@scenario
def usage():
    code, out, errors = program("serve", "--help")
    same((code, errors), (0, ""), "--help")
    for word in ("--listen", "--maildir", "--reply", "--bare-newline", "--without", "--trace"):
        true(word in out.decode(), "--help does not tell of %s" % word)
    listen, discard = ("--listen", "127.0.0.1:0"), ("--discard",)
    for arguments in ((), listen, discard, (*listen, *discard, "--mbox", "x"), (*listen, *discard, "--nonsense"),
                      (*listen, *discard, "more"), (*listen, *discard, "-x"), (*listen, *discard, "--stdio"),
                      ("--listen", "127.0.0.1", *discard), ("--listen",), (*listen, *discard, "--raw=1"),
                      (*listen, *discard, "--without", "NONSENSE"), (*listen, *discard, "--without", "CHUNKINGX"),
                      (*listen, *discard, "--reply", "x"), (*listen, *discard, "--reply", "rcpt=550x y"),
                      (*listen, *discard, "--reply", "lunch=550 5.1.1 no"),
                      (*listen, *discard, "--reply", "rcpt:<=550 no"),
                      (*listen, *discard, "--reply", "rcpt=99 no")):
        code, out, errors = program("serve", *arguments)
        same((code, out), (64, b""), "exit code and stdout of %s" % (arguments,))
        true(errors.startswith("serve: "), "it does not say why: %r" % errors)


@scenario
def what_is_not_built():
    """An option of an extension is taken, or refused with the name of what it needs."""
    known = program("serve", "--help")[1].decode()
    absent = known.partition("Not in this build:")[2].partition("\n\n")[0].split()
    for option, value, word in (("lmtp", None, "LMTP"), ("users", "x", "AUTH"), ("auth-in-clear", None, "AUTH"),
                                ("require-auth", None, "AUTH"), ("require-tls", None, "TLS"), ("tls-cert", "x", "TLS"),
                                ("tls-key", "x", "TLS"), ("tls-implicit", None, "TLS"),
                                ("proxy-protocol", None, "PROXY"), ("xclient", "127.0.0.1", "XCLIENT")):
        true(re.search(r"--%s\s" % option, known), "--help does not tell of --%s" % option)
        if "--" + option in absent:
            arguments = ["--" + option] + ([value] if value else [])
            code, out, errors = program("serve", "--listen", "127.0.0.1:0", "--discard", *arguments)
            same((code, out), (64, b""), "exit code and stdout of --%s" % option)
            true(word in errors, "--%s does not say what it needs: %r" % (option, errors))


@scenario
def trouble_at_the_start():
    folder = tempfile.mkdtemp(prefix="serve.")
    try:
        with open(os.path.join(folder, "file"), "w", encoding="ascii") as file:
            file.write("x")
        for store in (("--maildir", folder + "/file"), ("--maildir", folder + "/no/where"),
                      ("--mbox", folder), ("--mbox", folder + "/no/where")):
            code, out, errors = program("serve", "--listen", "127.0.0.1:0", *store)
            same((code, out), (73, b""), "exit code and stdout of %s" % (store,))
            true(errors.startswith("serve: "), errors)
        with Server() as server:
            address = "127.0.0.1:%d" % server.port
            code, out, errors = program("serve", "--listen", address, "--discard")
            true(code != 0 and out == b"" and address in errors, "a port that is taken: %d %r" % (code, errors))
    finally:
        shutil.rmtree(folder)


@scenario
def several_ports():
    with Server("--listen", "127.0.0.1:0") as server:
        line = server.process.stdout.readline().decode()
        other = int(re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", line).group(1))
        true(other != server.port, "the same port twice")
        first, server.port = server.port, other
        server.still_serves()
        server.port = first


@scenario
def without_extensions():
    keywords = ("PIPELINING", "SIZE", "8BITMIME", "ENHANCEDSTATUSCODES", "VRFY", "EXPN", "HELP")
    for keyword in keywords:
        with Server("--without", keyword, serves=keyword != "ENHANCEDSTATUSCODES") as server:
            with server.client(hello=None) as client:
                reply = client.ask("EHLO c.example.com", "250")
                offered = [line[4:].split()[0] for line in reply.lines[1:]]
                true(keyword not in offered and len(offered) >= len(keywords) - 1, "%s: %s" % (keyword, offered))
                if keyword in ("VRFY", "EXPN"):
                    client.ask(keyword + " x", "252 2.0.0")
                elif keyword == "HELP":
                    client.ask(keyword + " x", "502 5.5.1")
                elif keyword == "SIZE":
                    client.ask(SENDER + " SIZE=1", "555 5.5.4")
                elif keyword == "8BITMIME":
                    client.ask(SENDER + " BODY=7BIT", "555 5.5.4")
                elif keyword == "ENHANCEDSTATUSCODES":
                    for line, head in (("FROB", "500"), (SENDER, "250"), (RECIPIENT, "250"), ("DATA", "354"),
                                       (stuff(MESSAGE), "250"), ("RSET", "250"), ("QUIT", "221")):
                        client.ask(line, head)
                    server.stored(MESSAGE)
    with Server(*[word for keyword in keywords for word in ("--without", keyword)], serves=False) as server:
        with server.client(hello=None) as client:
            client.ask("EHLO c.example.com", "250")
            client.ask(SENDER, "250")


def over_pipes(*options, folder):
    return subprocess.Popen([os.path.join(harness.PROGRAMS, "serve"), "--stdio", "--hostname", "mx.example.org",
                             "--maildir", os.path.join(folder, "mail"), "--raw", *options], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)


def close_pipes(process, code):
    process.stdin.close()
    same(process.wait(harness.PATIENCE), code, "exit code")
    said = process.stderr.read().decode()
    process.stdout.close()
    process.stderr.close()
    return said


def in_maildir(folder):
    found = []
    for name in os.listdir(os.path.join(folder, "mail", "new")):
        with open(os.path.join(folder, "mail", "new", name), "rb") as file:
            found.append(file.read())
    same(os.listdir(os.path.join(folder, "mail", "tmp")), [], "left in tmp")
    return found


@scenario
def stdio():
    for how in ("dialogue", "trickle", "at once", "no quit", "inside a message"):
        folder = tempfile.mkdtemp(prefix="serve.")
        process = over_pipes(folder=folder)
        try:
            client = Client(pipes=process)
            client.ask("EHLO c.example.com", "250")
            body = MESSAGE + b".\r\n" * 1000
            if how == "dialogue":
                client.deliver(body)
            elif how == "trickle":
                client.trickle((SENDER + "\r\n" + RECIPIENT + "\r\nDATA\r\n").encode())
                client.expect("250 2.1.0", "250 2.1.5", "354")
                client.trickle(stuff(body)[:500])
                client.ask(stuff(body)[500:], "250 2.0.0")
            elif how == "inside a message":
                client.begin()
                client.send(stuff(body)[:-1])
            else:
                client.send((SENDER + "\r\n" + RECIPIENT + "\r\nDATA\r\n").encode() + stuff(body))
                if how == "no quit":
                    process.stdin.close()
                client.expect("250 2.1.0", "250 2.1.5", "354", "250 2.0.0")
            if how not in ("inside a message", "no quit"):
                client.ask("QUIT", "221 2.0.0")
                client.ended()
            close_pipes(process, 0)
            same(in_maildir(folder), [] if how == "inside a message" else [body], "stored; " + how)
        finally:
            process.kill()
            process.wait()
            shutil.rmtree(folder)


@scenario
def stdio_from_files():
    """A session that was written down beforehand, as `serve --stdio <script`."""
    folder = tempfile.mkdtemp(prefix="serve.")
    try:
        script = b"EHLO c\r\n%s\r\n%s\r\nDATA\r\n%sQUIT\r\n" % (SENDER.encode(), RECIPIENT.encode(), stuff(MESSAGE))
        for name, data in (("script", script), ("empty", b"")):
            path = os.path.join(folder, name)
            with open(path, "wb") as file:
                file.write(data)
            with open(path, "rb") as given, open(path + ".out", "wb") as out:
                ran = subprocess.run([os.path.join(harness.PROGRAMS, "serve"), "--stdio", "--maildir", folder + "/mail",
                                      "--raw"], stdin=given, stdout=out, stderr=subprocess.PIPE, check=False,
                                     timeout=harness.PATIENCE)
            same(ran.returncode, 0, "exit code")
            with open(path + ".out", "rb") as file:
                said = file.read()
            true(said.startswith(b"220 ") and said.endswith(b"\r\n"), "output: %r" % said)
            if data:
                codes = [line[:3] for line in said.split(b"\r\n") if line[3:4] == b" "]
                same(codes, [b"220", b"250", b"250", b"250", b"354", b"250", b"221"], "replies")
        same(in_maildir(folder), [MESSAGE], "stored")
    finally:
        shutil.rmtree(folder)


@scenario
def trace():
    with Server("--trace") as server:
        same("C: " in server.said(), False, "trace before a session")
        with server.client() as client:
            client.ask("AUTH PLAIN AHNlY3JldABzZWNyZXQ=", "502 5.5.1")
            client.ask("auth login c2VjcmV0", "502 5.5.1")
            client.ask("AUTH  PLAIN c2VjcmV0", "*")
            client.ask("AUTH\tPLAIN c2VjcmV0", "*")
            client.ask("NOOP \x07bell", "*")
            client.deliver(b"in the message\r\n" * 20)
            client.quit()
        said = server.said()
        for text in ("C: EHLO c.example.com", "C: " + SENDER, "C: DATA", "S: 250 2.1.0", "S: 354", "S: 250-PIPELINING",
                     "C: QUIT", "S: 221", "(323 octets of message)"):
            true(text in said, "no %r in the trace:\n%s" % (text, said))
        for text in ("AHNlY3JldABzZWNyZXQ", "c2VjcmV0", "in the message", "\x07"):
            true(text not in said, "%r in the trace:\n%s" % (text, said))
        true(re.search("C: AUTH", said), "AUTH is not told of at all")
    with Server() as server:
        server.still_serves()
        same(server.said(), "", "stderr without --trace")
