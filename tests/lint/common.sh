# SPDX-License-Identifier: ISC
# What the lint scripts share; they source it from the top of the tree.

status=0

# report "FILE:LINE: what is wrong"
report() {
    printf '%s\n' "$1"
    status=1
}

# skip WHY: says that a check cannot be made here. False, so a failure, where nothing may be skipped.
skip() {
    echo "skipped: $1"
    [ "${CI:-}" != true ] && [ "${STRICT:-}" != 1 ]
}

bad() {
    status=1
}

# gather FILE: prints what was found, and remembers whether there was anything.
gather() {
    [ ! -s "$1" ] || { cat "$1"; status=1; }
}

finish() {
    exit $status
}

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
