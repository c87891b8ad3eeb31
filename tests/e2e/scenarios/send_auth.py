# SPDX-License-Identifier: ISC
"""send --auth: each mechanism, which one it chooses, servers that refuse and servers that lie."""

from . import sasl, tls
from .harness import each, program, same, scenario, true
from .scripted import MESSAGE, Mx, canonical, close, deliver, drop, reset
from .scripted_more import DONE, PASSWORD, REFUSED, USER, Esmtp, auth_scram, hello, secret_file, sound

ALL = "EHLO AUTH MAIL RCPT DATA . QUIT"
NONE = "EHLO AUTH( QUIT)?"
TOKEN = PASSWORD.replace(" ", "-")


def login(mechanism=None, password=PASSWORD, clear=True, user=USER):
    words = ["--auth"] + ([mechanism] if mechanism else [])
    words += ["--user", user] if user else []
    words += ["--password-file", secret_file(password)] if password else []
    return words + (["--auth-in-clear"] if clear else [])


def secret_of(mechanism):
    return TOKEN if mechanism in ("XOAUTH2", "OAUTHBEARER") else PASSWORD


IN_CLEAR = ("PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER")
DIGESTS = ("CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")


def no_secrets(text):
    """What was printed does not tell the password."""
    for secret in (PASSWORD, TOKEN, sasl.b64(PASSWORD), sasl.plain(USER, PASSWORD),
                   sasl.b64(USER + "\0" + PASSWORD)[:12],
                   sasl.b64("user=%s\1auth=Bearer %s\1\1" % (USER, TOKEN))):
        true(secret not in text, "%r in %s" % (secret, text))


def right(mechanism):
    for extensions in (hello("AUTH " + mechanism), hello("AUTH X-NONE " + mechanism, pipelining=False)):
        mx = Esmtp(ehlo=extensions, auth=sound)
        ran = deliver(mx, 0, "250 2.0.0", ALL, options=[*login(mechanism, secret_of(mechanism)), "--trace"])
        same(mx.logins, [mechanism], "AUTH")
        no_secrets(ran[1] + ran[2])
        true("C: AUTH (hidden)" in ran[2], "no AUTH in the trace: " + ran[2])
        mx = Esmtp(ehlo=extensions, auth=sound)
        ran = deliver(mx, 77, "535 5.7.8 wrong", "EHLO AUTH QUIT", options=login(mechanism, "nonsense"))


@each([(mechanism, mechanism) for mechanism in IN_CLEAR])
def mechanisms(mechanism):
    right(mechanism)


@each([(mechanism, mechanism) for mechanism in DIGESTS], tls=True)
def digests(mechanism):
    right(mechanism)


@scenario
def anonymous():
    mx = Esmtp(ehlo=hello("AUTH ANONYMOUS"), auth=sound)
    deliver(mx, 0, "250 2.0.0", ALL, options=["--auth", "ANONYMOUS", "--auth-in-clear"])
    mx = Esmtp(ehlo=hello("AUTH ANONYMOUS"), auth=sound)
    deliver(mx, 0, "250 2.0.0", ALL, options=["--auth", "ANONYMOUS", "--user", "trace", "--auth-in-clear"])


@scenario
def chosen():
    for line, mechanism in (("AUTH LOGIN PLAIN", "PLAIN"), ("AUTH LOGIN", "LOGIN"), ("AUTH=LOGIN", "LOGIN"),
                            ("AUTH GSSAPI NTLM login X-Y", "LOGIN"), ("auth plain", "PLAIN"),
                            ("AUTH " + " ".join("X-%d" % i for i in range(60)) + " PLAIN", "PLAIN")):
        mx = Esmtp(ehlo=hello(line), offers=("PIPELINING", "SIZE", "8BITMIME"),
                   auth=lambda mx, peer, name, initial: sound(
            mx, peer, name.upper(), initial))
        deliver(mx, 0, "250 2.0.0", ALL, options=login())
        same([name.upper() for name in mx.logins], [mechanism], line)


@scenario(tls=True)
def chosen_of_digests():
    for line, mechanism in (("AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256", "SCRAM-SHA-256"),
                            ("AUTH LOGIN SCRAM-SHA-1 CRAM-MD5", "SCRAM-SHA-1"),
                            ("AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256", "SCRAM-SHA-256")):
        mx = Esmtp(ehlo=hello(line), auth=sound)
        deliver(mx, 0, "250 2.0.0", ALL, options=login())
        same(mx.logins, [mechanism], line)


@each([
    ("in the clear", "AUTH PLAIN LOGIN", None, False),
    ("in the clear, asked for", "AUTH PLAIN LOGIN", "PLAIN", False),
    ("not offered", "X-AUTH PLAIN", None, True),
    ("another one offered", "AUTH LOGIN", "PLAIN", True),
    ("none in common", "AUTH GSSAPI NTLM", None, True),
    ("no mechanisms", "AUTH", None, True),
    ("TLS is not asked for", "STARTTLS", None, True),
])
def not_said(line, mechanism, clear):
    """Nothing of the secret is sent, and no mail."""
    mx = Esmtp(ehlo=hello(line), auth=sound)
    ran = deliver(mx, 77, "-", "EHLO QUIT", options=login(mechanism, clear=clear))
    no_secrets("".join(mx.log) + ran[1] + ran[2])


@each([
    ("535", REFUSED, 77, "535 5.7.8 wrong", "QUIT"),
    ("534", "534 5.7.9 too weak", 77, "534 5.7.9 too weak", "QUIT"),
    ("454", "454 4.7.0 later", 77, "454 4.7.0 later", "QUIT"),
    ("432", "432 4.7.12 change it", 77, "432 4.7.12", "QUIT"),
    ("500", "500 5.5.6 too long", 77, "500 5.5.6", "QUIT"),
    ("multi-line", "535-5.7.8 no\n535 5.7.8 never", 77, "535 5.7.8", "QUIT"),
    ("421", "421 4.3.2 closing", 75, "421|-", "(QUIT)?"),
    ("closed", close, 75, "-", ""),
    ("dropped", drop, 75, "-", ""),
    ("reset", reset, 75, "-", ""),
    ("garbage", "welcome", 76, "-", "(QUIT)?"),
    ("354", "354 go on", 76, "354|-", "(QUIT)?"),
    ])
def refused(reply, code, expected, verbs):
    for mechanism in ("PLAIN", "LOGIN"):
        mx = Esmtp(ehlo=hello("AUTH " + mechanism), auth=(reply,))
        deliver(mx, code, [expected] * 2, "EHLO AUTH ?" + verbs, options=login(mechanism),
                to=("a@x.example", "b@x.example"))

        def in_the_middle(mx, peer, name, initial):
            mx.challenge(peer, "")
            return reply
        if mechanism == "LOGIN":
            mx = Esmtp(ehlo=hello("AUTH " + mechanism), auth=in_the_middle)
            deliver(mx, code, expected, "EHLO AUTH ?" + verbs, options=login(mechanism))


def says(*texts, last=REFUSED):
    """A script of challenges, whatever the client says; ends when he gives up."""
    def run(mx, peer, mechanism, initial):
        for text in texts:
            mx.challenge(peer, text)
        return last
    return run


@each([
    ("challenges without end", says(*[""] * 100)),
    ("words without end", says(*["VXNlcm5hbWU6"] * 100)),
    ("not base64", says("this is not base64!")),
    ("not base64, padding", says("AAA=A")),
    ("huge", says("QUFB" * 3000)),
    ("huge, many", says(*["QUFB" * 200] * 50)),
    ("8-bit", says("\u00e9")),
])
def challenged(script):
    for mechanism in ("PLAIN", "LOGIN"):
        mx = Esmtp(ehlo=hello("AUTH " + mechanism), auth=script)
        deliver(mx, (76, 77), "-|501|535", NONE, options=login(mechanism))


@each([(mechanism + ", " + name, mechanism, change) for mechanism in ("SCRAM-SHA-1", "SCRAM-SHA-256") for name,
       change in (
    ("wrong signature", {"final": lambda text: "v=" + sasl.b64(b"\0" * 20 if len(text) < 40 else b"\0" * 32)}),
    ("short signature", {"final": lambda text: "v=" + sasl.b64(sasl.unb64(text[2:])[:-1])}),
    ("empty signature", {"final": lambda _: "v="}),
    ("no signature", {"final": lambda _: ""}),
    ("an error", {"final": lambda _: "e=other-error"}),
    ("another nonce", {"nonce": lambda text: "x" + text[1:]}),
    ("nonce of the client alone", {"nonce": lambda text: text[:-6]}),
    ("no iterations", {"first": lambda text: text.rsplit(",i=", 1)[0]}),
    ("0 iterations", {"first": lambda text: text.rsplit(",i=", 1)[0] + ",i=0"}),
    ("too many iterations", {"first": lambda text: text.rsplit(",i=", 1)[0] + ",i=99999999999"}),
    ("4000000000 iterations", {"first": lambda text: text.rsplit(",i=", 1)[0] + ",i=4000000000"}),
    ("no salt", {"first": lambda text: text.split(",s=")[0] + ",s=,i=4096"}),
    ("salt not base64", {"first": lambda text: text.split(",s=")[0] + ",s=!!!!,i=4096"}),
    ("an extension that must be known", {"first": lambda text: "m=x," + text}),
    ("garbage", {"first": lambda text: "garbage"}),
)], tls=True)
def lying(mechanism, change):
    mx = Esmtp(ehlo=hello("AUTH " + mechanism),
               auth=lambda mx, peer, name, initial: auth_scram(mechanism, change=change)(mx, peer, initial))
    deliver(mx, 77, "-|501|535|501 5.7.0", NONE, options=login(mechanism), within=8)


@each([("at once", DONE), ("behind its first message", 1), ("behind the proof", 2)], tls=True)
def success_without_proof(when):
    """A server that does not prove itself is not the right one."""
    script = when if isinstance(when, str) else \
        lambda mx, peer, name, initial: auth_scram("SCRAM-SHA-256", early=when)(mx, peer, initial)
    mx = Esmtp(ehlo=hello("AUTH SCRAM-SHA-256"), auth=script)
    deliver(mx, 77, "-", NONE, options=login())


@scenario(tls=True)
def under_tls():
    """Without --auth-in-clear; and what was offered in the clear does not count."""
    words = ["--tls", "starttls", "--ca", tls.file("ca.pem"), *login(clear=False)]
    context = tls.server_context()
    mx = Esmtp(ehlo=[hello("STARTTLS", "AUTH LOGIN"), hello("AUTH PLAIN")], context=context, auth=sound)
    deliver(mx, 0, "250 2.0.0", "EHLO STARTTLS EHLO AUTH MAIL RCPT DATA . QUIT", options=words)
    same(mx.logins, ["PLAIN"], "AUTH")
    mx = Esmtp(ehlo=[hello("STARTTLS", "AUTH LOGIN"), hello()], context=context, auth=sound)
    deliver(mx, 77, "-", "EHLO STARTTLS EHLO QUIT", options=words)
    # in the clear at the end: nothing of the secret
    mx = Esmtp(ehlo=hello("AUTH PLAIN"), auth=sound)
    deliver(mx, 77, "-", "EHLO QUIT", options=["--tls", "opportunistic", *login(clear=False)])


@scenario(tls=True)
def external():
    def words(certificate):
        return ["--tls", "starttls", "--ca", tls.file("ca.pem"), "--auth", "EXTERNAL", "--tls-cert",
                tls.file(certificate + ".pem"), "--tls-key", tls.file(certificate + ".key")]
    mx = Esmtp(ehlo=[hello("STARTTLS"), hello("AUTH EXTERNAL")], context=tls.server_context(ask=True), auth=sound)
    deliver(mx, 0, "250 2.0.0", "EHLO STARTTLS EHLO AUTH MAIL RCPT DATA . QUIT", options=words("alice"))


@scenario(tls=True)
def channel_bindings():
    """-PLUS is chosen where it can be, and the channel is bound."""
    def bound(peer):
        found = peer.socket.get_channel_binding("tls-unique")
        return found if peer.socket.version() == "TLSv1.2" else tls.exported(peer.socket)
    for mechanism in ("SCRAM-SHA-1", "SCRAM-SHA-256"):
        for change, code in ((lambda data: data, 0), (lambda data: data[::-1], 77)):
            mx = Esmtp(ehlo=[hello("STARTTLS"), hello("AUTH PLAIN %s %s-PLUS" % (mechanism, mechanism))],
                       context=tls.server_context(), auth=lambda mx, peer, name, initial: auth_scram(
                           name, binding=lambda peer: change(bound(peer) or b""))(mx, peer, initial))
            deliver(mx, code, "250 2.0.0" if code == 0 else "535", "EHLO STARTTLS EHLO AUTH (MAIL RCPT DATA . )?QUIT",
                    options=["--tls", "starttls", "--ca", tls.file("ca.pem"), *login(clear=False)])
            same(mx.logins, [mechanism + "-PLUS"], "AUTH")


@scenario
def in_pieces():
    """Replies that come octet by octet, or all in one."""
    for mechanism in ("PLAIN", "LOGIN"):
        deliver(Esmtp(ehlo=hello("AUTH " + mechanism, "CHUNKING"), auth=sound, trickle=0.0005), 0, "250 2.0.0",
                "EHLO AUTH MAIL RCPT( BDAT)+ QUIT", options=[*login(mechanism), "--bdat"],
                contents=[canonical(MESSAGE)])
        deliver(Esmtp(ehlo=hello("AUTH " + mechanism), auth=sound, hold=True), 0, "250 2.0.0", ALL,
                options=login(mechanism))


@scenario
def usage():
    path = secret_file("x")
    for words in (("--auth", "NOSUCH", "--user", "a", "--password-file", path), ("--user", "a"),
                  ("--password-file", path),
                  ("--auth-in-clear",), ("--auth", "PLAIN"), ("--auth", "PLAIN", "--user", "a"),
                  ("--auth", "PLAIN", "--password-file", path), ("--auth", "LOGIN", "--user", "a"),
                  ("--auth", "XOAUTH2", "--user", "a"), ("--tls-cert", path), ("--auth", "EXTERNAL"),
                  ("--auth", "PLAIN", "--user", "a", "--password-file", "/no/where")):
        mx = Mx()
        code, out, errors = program("send", "--host", "127.0.0.1", "--port", str(mx.port), "--from", "a@b.example",
                                    "--to",
                                    "c@d.example", *words, given=b"x\r\n")
        mx.finish()
        true(code in (64, 65, 66) and (code == 64 or "/no/where" in words),
             "%s: exit code %d; %s" % (words, code, errors))
        same((out, mx.connections), (b"", 0), "stdout and connections; %s %s" % (words, errors))
