#!/bin/bash
# SPDX-License-Identifier: ISC
# demo.sh BUILD: one message through examples/serve, shown step by step, and its stored octets compared with what was
# sent. Needs bash, coreutils, diffutils, grep and sed.

[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -eu -o pipefail
export LC_ALL=C

serve=${1:?usage: demo.sh BUILD}/examples/serve
server='' dir=''

fail() {
    printf 'demo: FAILED: %s\n' "$*" >&2
    [ ! -s "$dir/errors" ] || sed 's/^/demo: the server said: /' "$dir/errors" >&2
    exit 1
}

clean_up() {
    if [ -n "$server" ]; then
        { kill -KILL "$server" && wait "$server"; } 2>/dev/null || true
    fi
    [ -z "$dir" ] || rm -rf "$dir"
}

title() {
    printf '\n%s\n' "$*"
}

# --- the message: what mail programs make, and all that SMTP has to be careful with

make_message() {
    cat <<'END'
From: Alice <alice@example.com>
To: Bob <bob@example.org>, Carol <carol@example.org>
Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?= with an attachment
Date: Sun, 22 Nov 2026 09:00:00 +0000
Message-ID: <demo.1@example.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=-part"

This is a message in MIME format.
--=-part
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit

Hello Bob,

Lines that begin with dots, and must arrive with as many as they had:
.one
..two
...and a line with nothing but a dot, which must not end the message:
.
..

.

Text in UTF-8: Grüße, Ελληνικά, 日本語, 🐦.
And the longest line that SMTP allows, 998 octets:
END
    printf '%0998d\n' 0 | sed 's/0/x/g'
    cat <<'END'

--=-part
Content-Type: application/octet-stream; name="numbers.bin"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="numbers.bin"

END
    seq 1 800 | base64 -w 76
    cat <<'END'

--=-part
Content-Type: text/plain

.The last part begins with a dot, too, and ends with one.
.
--=-part--
END
}

# --- the dialogue

# Prints a line; a long one shortened, and octets that a terminal may not know left out.
show() {
    local text=$2
    [ ${#text} -le 72 ] || text="${text:0:56}... (${#text} octets)"
    printf '    %s: %s\n' "$1" "$text"
}

# Reads a whole reply: "250-text" is followed by more, "250 text" is the end. It must have the code $1.
hear() {
    local line
    while :; do
        IFS= read -r -t 10 line <&3 || fail "no reply from the server; waited for $1"
        line=${line%$'\r'}
        show S "$line"
        case $line in
        "$1-"*) ;;
        "$1"*) return 0 ;;
        *) fail "the server said '$line' where $1 was due" ;;
        esac
    done
}

# say COMMAND CODE
say() {
    show C "$1"
    printf '%s\r\n' "$1" >&3 || fail "the server does not take '$1'"
    hear "$2"
}

# One more dot in front of a line that begins with one: so the lone dot behind the message is the only one of its kind.
send_message() {
    local line lines=0 dots=0
    while IFS= read -r line; do
        line=${line%$'\r'}
        lines=$((lines + 1))
        case $line in
        .*) line=.$line dots=$((dots + 1)) ;;
        esac
        if [ $lines -le 4 ] || { [ "${line:0:1}" = . ] && [ $dots -le 4 ]; }; then
            show C "$line"
        elif [ $lines -eq 5 ] || { [ "${line:0:1}" = . ] && [ $dots -eq 5 ]; }; then
            printf '       ...\n'
        fi
        printf '%s\r\n' "$line" >&3 || fail "the connection was lost inside the message"
    done <"$dir/message"
    printf '       (%d lines in all; %d begin with a dot and were sent with one more)\n' $lines $dots
}

start_server() {
    local line=
    mkfifo "$dir/said"
    exec 4<>"$dir/said"
    "$serve" --listen 127.0.0.1:0 --maildir "$dir/mail" --raw --hostname mx.example.org \
        --reply 'rcpt:<nobody@example.org>=550 5.1.1 no such user' >&4 2>"$dir/errors" 4>&- </dev/null &
    server=$!
    IFS= read -r -t 10 line <&4 || fail "the server does not start"
    case $line in
    "listening on 127.0.0.1:"*) port=${line##*:} ;;
    *) fail "the server said '$line' where 'listening on ADDR:PORT' was due" ;;
    esac
}

stop_server() {
    local tries=0 status=0
    kill -TERM "$server" || fail "the server was gone already"
    while kill -0 "$server" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -le 100 ] || fail "the server does not stop"
        sleep 0.05
    done
    wait "$server" || status=$?
    server=
    [ $status -eq 0 ] || fail "the server stopped with exit code $status"
}

trap clean_up EXIT
trap 'exit 1' HUP INT TERM

[ -x "$serve" ] || fail "there is no $serve; run make first"
dir=$(mktemp -d) || fail "cannot make a temporary folder"
make_message | sed 's/$/\r/' >"$dir/message"
size=$(stat -c %s "$dir/message")

title "A message was made: $size octets, with text, an attachment and many dots. Now a mail server is started:"
start_server
printf '    serve --listen 127.0.0.1:0 --maildir ... --raw\n    (process %d, port %d)\n' "$server" "$port"

title "This is how it is sent. C is the client, here a shell script; S is the server. A lone dot ends the message:"
exec 3<>"/dev/tcp/127.0.0.1/$port" || fail "cannot connect to port $port"
hear 220
say "EHLO client.example.com" 250
say "MAIL FROM:<alice@example.com> SIZE=$size BODY=8BITMIME" 250
say "RCPT TO:<bob@example.org>" 250
say "RCPT TO:<carol@example.org>" 250
say "RCPT TO:<nobody@example.org>" 550
say "DATA" 354
send_message
say "." 250
say "QUIT" 221
! IFS= read -r -t 10 rest <&3 || fail "the server went on behind QUIT: $rest"
exec 3>&-

title "This is what was stored:"
set -- "$dir"/mail/new/*
if [ $# -ne 1 ] || [ ! -f "$1" ]; then
    fail "not one message in the maildir, but: $*"
fi
[ -z "$(ls -A "$dir/mail/tmp")" ] || fail "something is left in the maildir's tmp"
sed -n '1,4s/\r$//p' "$1" | sed 's/^/    /'
printf '    ... (%d octets in %s)\n' "$(stat -c %s "$1")" "new/${1##*/}"
cmp "$dir/message" "$1" || fail "the stored message is not the one that was sent"
printf '\nEach octet is as it was before it was sent.\n'

stop_server
printf 'The server was told to stop, and did. Demo passed.\n'
