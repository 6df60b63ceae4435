#!/bin/sh
# Restores the dump that lies beside this script into the database of the container it runs in, counts the votes
# and fails when there are fewer than VOTES_AT_DUMP. The count is left in restore.log. Plain sh: the container's
# image has nothing more.
set -eu

here=$(dirname "$0")
export PGUSER="$POSTGRES_USER" PGPASSWORD="$POSTGRES_PASSWORD" PGDATABASE=postgres

# What is no number would make the comparison below an error, and an error there is not a failure.
case ${VOTES_AT_DUMP:-none} in
*[!0-9]*)
    echo "VOTES_AT_DUMP is no number; the backup says nothing about what it should hold" >&2
    exit 1
    ;;
esac

# Over TCP: while the image initialises, a first server answers on the socket and is stopped again.
tries=60
until pg_isready --quiet --host=127.0.0.1; do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ]; then
        echo "the scratch database did not become ready" >&2
        exit 1
    fi
    sleep 1
done

# A dump of the whole cluster creates the role that the scratch server was started with; that is the only error that
# a whole dump may make.
psql --quiet --file="$(ls "$here"/postgres_backup_*.sql)" >/dev/null 2>"$here/restore.errors"
if grep 'ERROR:' "$here/restore.errors" | grep -v "role \"$POSTGRES_USER\" already exists" >&2; then
    exit 1
fi

restored=$(psql -At -c 'SELECT count(*) FROM votes')
echo "$restored" >"$here/restore.log"

if [ "$restored" -lt "$VOTES_AT_DUMP" ]; then
    echo "restored $restored votes, but there were $VOTES_AT_DUMP when the dump was taken" >&2
    exit 1
fi
echo "restored $restored votes; at the time of the dump there were $VOTES_AT_DUMP"
