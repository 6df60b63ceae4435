#!/bin/sh
# Restores the dump that lies beside this script into the database of the container it runs in, counts the votes
# and fails when there are fewer than VOTES_AT_DUMP. The count is left in restore.log. Plain sh: the container's
# image has nothing more.
set -eu

here=$(dirname "$0")
export PGUSER="$POSTGRES_USER" PGPASSWORD="$POSTGRES_PASSWORD" PGDATABASE=postgres

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

# A dump of the whole cluster creates roles and databases that the scratch server already has; those errors are
# expected, a database that lost votes is not.
psql --quiet --file="$(ls "$here"/postgres_backup_*.sql)" >/dev/null

restored=$(psql -At -c 'SELECT count(*) FROM votes')
echo "$restored" >"$here/restore.log"

if [ "$restored" -lt "$VOTES_AT_DUMP" ]; then
    echo "restored $restored votes, but there were $VOTES_AT_DUMP when the dump was taken" >&2
    exit 1
fi
echo "restored $restored votes; at the time of the dump there were $VOTES_AT_DUMP"
