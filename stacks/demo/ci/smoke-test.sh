#!/usr/bin/env bash
# Starts what was built on scratch data: does it take votes, count them, and restore what it has backed up?
set -euo pipefail

scratch=$(mktemp -d)
out/voting all --data "$scratch/data" \
  --listen-vote 127.0.0.1:0 --listen-result 127.0.0.1:0 --listen-worker 127.0.0.1:0 > "$scratch/said" &
application=$!
trap 'kill "$application"; wait "$application"; rm -rf "$scratch"' EXIT

# Prints where a service listens, as soon as the application has said so.
address_of() {
  until grep -q "^$1 " "$scratch/said"; do
    kill -0 "$application"
    sleep 0.02
  done
  sed -n "s/^$1 //p" "$scratch/said"
}

vote=$(address_of vote)
result=$(address_of result)
out/voting seed "$scratch"
out/voting load "$vote/" -n 50 -c 5 -p "$scratch/posta" --result "$result"
out/voting backup --data "$scratch/data" "$scratch/backup.gz"
out/voting verify "$scratch/backup.gz" --at-least 50
