#!/usr/bin/env bash
# Compiles the application; before each line stands how long it has taken so far.
set -euo pipefail

mkdir -p out
if [ -n "${VOTING_PROGRAM:-}" ]; then
  echo "$VOTING_PROGRAM is built already"
  cp "$VOTING_PROGRAM" out/voting
  exit
fi
cargo build --release --package voting 2>&1 | while IFS= read -r line; do
  printf '%3d s  %s\n' "$SECONDS" "$line"
done
cp "$CARGO_TARGET_DIR/release/voting" out/voting
