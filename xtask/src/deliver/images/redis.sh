#!/bin/sh
# As the image it stands in for: the server is not root, is reached from other containers, and its data is its own.
set -eu
if [ "$1" = redis-server ]; then
    shift
    set -- redis-server --bind '* -::*' --protected-mode no "$@"
    if [ "$(id -u)" = 0 ]; then
        chown -R redis: /data
        exec setpriv --reuid=redis --regid=redis --clear-groups "$@"
    fi
fi
exec "$@"
