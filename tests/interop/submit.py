# SPDX-License-Identifier: ISC
"""submit.py BUILD MESSAGES ROOTS [quick]: as deliver.py, with TLS, passwords, BDAT, parameters and LMTP, to servers
that have them. Called by `run`, as root where it can."""

import os
import signal
import sys
import tempfile

import secured
import servers
from authority import PASSWORD, USER, has_tls
from common import MESSAGE, REFUSED, SENDER, TO, canonical, execute, harness, in_file, real_messages, same, true
from deliver import DOTS, LONE_CR, LONE_LF, MANY, SOME, TINY, Delivery, deliver, large, send
from secured import FULL

OCTETS = b"Content-Type: application/octet-stream\r\n\r\n" + bytes(range(256)) * 64 + b"\n.\n.\r\n..\r.\r\n.\r\nend"
DSN = ["--ret", "HDRS", "--envid", "e+v=1 x", "--notify", "FAILURE,DELAY", "--orcpt", "rfc822;b+b=@example.org"]
UTF8_SENDER = "\u00e1lic\u00e9@example.com"


class Options:
    """What send is told for this peer."""

    def __init__(self, peer):
        authority = ["--ca", secured.AUTHORITY.authority] + (["--lmtp"] if peer.lmtp else [])
        self.clear = ["--lmtp"] if peer.lmtp else []
        self.implicit = ["--tls", "implicit", "--port", str(peer.implicit)] + authority
        self.starttls = ["--tls", "starttls"] + authority if peer.starttls else self.implicit
        self.stranger = [secured.AUTHORITY.stranger if word == secured.AUTHORITY.authority else word
                         for word in self.starttls]
        self.right, self.wrong = (in_file(password.encode() + b"\n") for password in (PASSWORD, PASSWORD + "x"))
        self.tls = self.login() if peer.must_login else self.starttls

    def login(self, mechanism="", wrong=False, tls=None):
        """The best one without a MECHANISM."""
        options = (self.starttls if tls is None else tls) + ["--auth"] + ([mechanism] if mechanism else [])
        if mechanism == "EXTERNAL":
            return options + ["--tls-cert", secured.AUTHORITY.client]
        return options + ["--user", USER, "--password-file", self.wrong if wrong else self.right]


def secured_cases(x, name, peer, messages, quick):
    say = Options(peer)

    def case(what, *arguments, **more):
        x.case(name, what, lambda: deliver(peer, *arguments, **more))
    case("TLS", [DOTS, TINY], TO, say.tls, traced=["TLS"])
    case("TLS, 50 recipients, --no-pipelining", [DOTS], MANY, say.tls + ["--no-pipelining"])
    case("TLS, one of three recipients refused", [DOTS], SOME, say.tls, code=69)
    case("TLS, an authority that it does not know", [DOTS], TO, say.stranger, code=75, reply="-")
    if peer.starttls and not peer.must_login:
        case("opportunistic", [DOTS], TO, say.clear + ["--tls", "opportunistic"], traced=["TLS"])
        case("implicit TLS", [DOTS, TINY], TO, say.implicit, traced=["TLS"])
    for mechanism in peer.mechanisms:
        case("AUTH " + mechanism, [DOTS], TO, say.login(mechanism))
        if mechanism != "EXTERNAL":
            case("AUTH %s, a wrong password" % mechanism, [DOTS], TO[:1], say.login(mechanism, wrong=True), code=77,
                 reply="535")
    if peer.mechanisms:
        case("AUTH, the best mechanism", [DOTS], TO, say.login())
        case("AUTH in the clear, not allowed", [DOTS], TO[:1], say.login(tls=say.clear), code=77, reply="-")
        case("AUTH over implicit TLS", [DOTS], TO, say.login(tls=say.implicit))
    extension_cases(case, peer, say, quick)
    messages = [message for message in messages if peer.leaves(canonical(message))]
    options = say.login() if peer.mechanisms else say.tls
    chunks = ["--bdat"] if "CHUNKING" in peer.optional else []
    case(" ".join(["%d real messages, TLS" % len(messages)] + chunks), messages, TO[:1], options + chunks)
    case("1 MiB, TLS", [large(1 << 20)], TO[:1], options)
    if not quick:
        case("20 MiB, TLS", [large(20 << 20)], TO[:1], options)


def extension_cases(case, peer, say, quick):
    if "CHUNKING" in peer.optional:
        bdat = say.tls + ["--bdat"]
        bits = {"traced": ["BDAT "]}
        case("BDAT", [DOTS, TINY, MESSAGE], TO, bdat, **bits)
        if not peer.must_login:
            case("BDAT in the clear", [DOTS, TINY], TO, say.clear + ["--bdat"], **bits)
        case("BDAT, --no-pipelining", [DOTS], TO, bdat + ["--no-pipelining"], **bits)
        case("BDAT, 50 recipients", [DOTS], MANY, bdat, **bits)
        case("BDAT, one of three recipients refused", [DOTS, TINY], SOME, bdat, code=69)
        case("BDAT, the only recipient refused", [DOTS, TINY], [REFUSED], bdat, code=69)
        case("BDAT, lone LF, no line end at the end", [LONE_LF], TO, bdat, **bits)
        case("BDAT, lone CR", [LONE_CR], TO, bdat, **bits)
        case("BDAT, 1 MiB", [large(1 << 20)], TO[:1], bdat, **bits)
        if not quick:
            case("BDAT, 50 MiB", [large(50 << 20)], TO[:1], bdat, **bits)
    elif not peer.lmtp:
        case("--bdat to whom does not offer CHUNKING", [DOTS, TINY], TO, say.tls + ["--bdat"],
             traced=["DATA"])
    if "BINARYMIME" in peer.optional:
        binary = say.tls + ["--binary", "--bdat"]
        case("BINARYMIME, all octets", [OCTETS, OCTETS[::-1], b"\n", b"\r\n.\r\n"], TO[:1], binary, exact=True,
             traced=["BODY=BINARYMIME", "BDAT "])
        case("BINARYMIME, 1 MiB", [OCTETS * 64], TO, binary, exact=True)
    elif not peer.lmtp:
        case("--binary to whom does not offer it", [OCTETS], TO[:1], say.tls + ["--binary", "--bdat"], code=65,
             reply="-")
    if "SMTPUTF8" in peer.optional:
        case("SMTPUTF8, a reverse-path in UTF-8", [DOTS], TO, say.tls, sender=UTF8_SENDER, traced=["SMTPUTF8"])
    else:
        case("a reverse-path in UTF-8 without SMTPUTF8", [DOTS], TO[:1], say.tls, sender=UTF8_SENDER, code=65,
             reply="-")
    if "DSN" in peer.optional:
        case("DSN", [DOTS], TO[:1], say.tls + DSN,
             traced=["RET=HDRS", "ENVID=e+2Bv+3D1+20x", "NOTIFY=FAILURE,DELAY", "ORCPT=rfc822;b+2Bb+3D@example.org"])
    elif not peer.lmtp:
        case("DSN to whom does not offer it", [DOTS], TO[:1], say.tls + DSN, code=65, reply="-")
    if "REQUIRETLS" in peer.optional:
        case("all kinds of parameters", [DOTS], TO[:1], say.starttls + [
            "--mail-param", "REQUIRETLS", "--mail-param", "MT-PRIORITY=-3", "--mail-param", "BY=3600;R", "--mail-param",
            "AUTH=<>", "--rcpt-param", "RRVS=2026-11-22T00:00:00Z"])


def lmtp_cases(x, name, peer, messages, quick):
    """A recipient refused behind the message."""
    say = Options(peer)

    def refused(options, recipients=(TO[0], FULL, TO[1])):
        peer.take(0)
        path = in_file(DOTS)
        trace, told = send(peer, [path, path], recipients, *options, code=69)
        os.unlink(path)
        same(told, 2 * [(to, "552" if to == FULL else "250") for to in recipients], "told; " + trace[-3000:])
        kept = 2 if set(recipients) != {FULL} else 0
        same([data for _, data in peer.take(kept)], [DOTS] * kept, "stored")
    for options in (["--lmtp"], say.starttls, say.implicit, ["--lmtp", "--bdat"], say.tls + ["--bdat"]):
        what = " ".join(word for word in options if word.startswith("--") and word not in ("--ca", "--port"))
        x.case(name, "one of three refused at the end, " + what, refused, options)
        x.case(name, "the only one refused at the end, " + what, refused, options, [FULL])


def xclient(peer):
    path = in_file(DOTS)
    _, told = send(peer, [path], TO[:1], "--command", "XCLIENT NAME=spike.example ADDR=192.0.2.1")
    same(told[-1], (TO[0], "250"), "told")
    same(len(peer.take(1)), 1, "stored")
    true("client=spike.example[192.0.2.1]" in peer.said(), "not taken: " + peer.said())


def commands(peer, *lines):
    """Every line gets a reply, with the mail behind it."""
    path = in_file(DOTS)
    words = [word for line, _ in lines for word in ("--command", line)]
    ran = execute(os.path.join(harness.PROGRAMS, "send"), "--host", "127.0.0.1", "--port", str(peer.port), "--helo",
                  "client.example", "--from", SENDER, "--to", TO[0], *words, path, codes=(0, 69, 75))
    out = ran.stdout.decode().splitlines()
    same(len(out), len(lines) + 1, "lines: %s" % out)
    for (line, codes), said in zip(lines, out):
        true(said.startswith(line + " ") and said[len(line) + 1:].split(" ")[0] in codes, "%s: %s" % (line, said))
    same(len(peer.take(1)), 1, "stored")


def postfix_cases(x, name, peer, messages, quick):
    secured_cases(x, name, peer, messages, quick)
    x.case(name, "XCLIENT", xclient, peer)
    x.case(name, "--command", commands, peer, ("NOOP", ["250"]), ("VRFY bob@example.org", ["252"]),
           ("ETRN example.org", ["459", "250", "554"]))


def serve_lmtp_cases(x, name, peer, messages, quick):
    lmtp_cases(x, name, peer, messages, quick)
    secured_cases(x, name, peer, messages, quick)


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    quick = sys.argv[4:] == ["quick"]
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, lambda *_: sys.exit(1))  # not without ending what runs
    harness.PROGRAMS = os.path.join(os.path.abspath(sys.argv[1]), "examples")
    messages = [data for _, data in real_messages(sys.argv[2])]
    servers.ROOTS = sys.argv[3]
    x = Delivery()
    if not has_tls():
        print("skipped: the programs are built without TLS")
        return 0
    with tempfile.TemporaryDirectory(prefix="authority.") as folder:
        secured.begin(folder)
        for name, peer, cases in PEERS:
            if os.environ.get("ONLY", name) == name:
                x.server(name, peer(), cases, messages, quick)
    return x.close(["smtp-server", "smtp-server-lmtp", "Dovecot", "Dovecot-submission"] if quick else [])


PEERS = (
    ("serve", secured.Serve, secured_cases),
    ("serve-lmtp", secured.ServeLmtp, serve_lmtp_cases),
    ("aiosmtpd", secured.Aiosmtpd, secured_cases),
    ("smtp-server", secured.SmtpServer, secured_cases),
    ("smtp-server-lmtp", secured.SmtpServerLmtp, secured_cases),
    ("Postfix", secured.Postfix, postfix_cases),
    ("Exim", secured.Exim, secured_cases),
    ("Dovecot", secured.Dovecot, secured_cases),
    ("Dovecot-submission", secured.DovecotSubmission, secured_cases),
)

if __name__ == "__main__":
    sys.exit(main())
