#!/usr/bin/env bash
# Prints a heading and one line per file: its text and, in brackets, the language that names the file.
set -euo pipefail

heading=$1
shift

echo "$heading in $# languages"
for file in "$@"; do
    language=$(basename "$file" .txt)
    echo "- $(cat "$file") ($language)"
done
