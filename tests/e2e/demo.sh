#!/bin/bash
# SPDX-License-Identifier: ISC
# demo.sh BUILD: two messages from examples/send to examples/serve, both dialogues shown, and the stored octets compared
# with what was sent. Needs bash, coreutils, diffutils and sed.

[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -eu -o pipefail
export LC_ALL=C

serve=${1:?usage: demo.sh BUILD}/examples/serve
send=$1/examples/send
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

# --- the transfer

# What the programs print, shifted to the right and long lines shortened.
show() {
    sed -E 's/^(.{108}).{4,}$/\1.../; s/^/    /' "$1"
}

start_server() {
    local line=
    mkfifo "$dir/said"
    exec 4<>"$dir/said"
    "$serve" --listen 127.0.0.1:0 --maildir "$dir/mail" --raw --hostname mx.example.org --trace \
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

[ -x "$serve" ] && [ -x "$send" ] || fail "there is no $serve or $send; run make first"
dir=$(mktemp -d) || fail "cannot make a temporary folder"
make_message >"$dir/first"
printf 'From: alice@example.com\nTo: bob@example.org\nSubject: the second one\n\nShort.\n' >"$dir/second"

title "Two messages were made, of $(stat -c %s "$dir/first") and $(stat -c %s "$dir/second") octets." \
    "A mail server is started:"
start_server
printf '    serve --listen 127.0.0.1:0 --maildir ... --raw --trace --reply "rcpt:<nobody@...>=550 ..."\n'
printf '    (process %d, port %d)\n' "$server" "$port"

title "Both are sent to three recipients on one connection; the server refuses one of them each time. The client says:"
printf '    send --port %d --from alice@example.com --to bob@... --to carol@... --to nobody@... ...\n' "$port"
code=0
timeout 30 "$send" --host 127.0.0.1 --port "$port" --helo client.example.com --from alice@example.com \
    --to bob@example.org --to carol@example.org --to nobody@example.org --trace "$dir/first" "$dir/second" \
    >"$dir/report" 2>"$dir/dialogue" || code=$?
show "$dir/dialogue"
title "and reports, a line a recipient and message, with exit code $code:"
show "$dir/report"
[ $code -eq 69 ] || fail "69 was due: a recipient was refused for good"
sed 's/ stored as .*/ stored/' "$dir/report" >"$dir/found"
for _ in 1 2; do
    printf '%s@example.org %s\n' bob '250 2.0.0 stored' carol '250 2.0.0 stored' nobody '550 5.1.1 no such user'
done >"$dir/expected"
cmp "$dir/expected" "$dir/found" || fail "the report is not what it should be"

stop_server
title "The same as the server saw it. It was then told to stop, and did:"
show "$dir/errors"

title "This is what was stored:"
set -- "$dir"/mail/new/*
[ $# -eq 2 ] && [ -f "$1" ] && [ -f "$2" ] || fail "not two messages in the maildir, but: $*"
[ -z "$(ls -A "$dir/mail/tmp")" ] || fail "something is left in the maildir's tmp"
for name in first second; do
    sed 's/$/\r/' "$dir/$name" >"$dir/$name.wire"
    for file; do
        if cmp -s "$dir/$name.wire" "$file"; then
            echo "    new/${file##*/}: the $name message, each octet of it"
            continue 2
        fi
    done
    fail "the $name message is not among those that were stored"
done
title "Demo passed."
