#!/bin/sh
# Puts what lies in this script's folder, `next`, in the place of what runs beside it, and waits until every service
# says that it works. When one does not, what ran before is put back and the deployment fails.
set -eu

cd "$(dirname "$0")/.."

in_next() {
    docker compose --project-directory . --env-file next/.env --file next/compose.yml "$@"
}

value() {
    sed -n "s/^$1=//p" next/.env
}

# Writes down which image a tag means today: a tag moves, and with it what a former .env would bring back.
pin() {
    repository=$(value IMAGE_PATH)/$2
    digest=$(docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$repository:$(value VERSION)" |
        grep --fixed-strings --max-count=1 "$repository@")
    echo "$1=$digest" >>next/.env
    echo "$2 is $digest"
}

take_from() {
    cp -a "$1/.env" "$1/compose.yml" "$1/nginx" "$1/secrets" .
}

up() {
    docker compose up --detach --remove-orphans --wait --wait-timeout 180 &&
        docker compose exec -T nginx nginx -c /etc/nginx/voting/nginx.conf -s reload
}

in_next config --quiet
in_next pull --quiet
pin VOTE_IMAGE vote
pin WORKER_IMAGE worker
pin RESULT_IMAGE result

rm -rf former
if [ -f compose.yml ]; then
    mkdir -m 700 former
    cp -a .env compose.yml nginx secrets former/
fi

take_from next
if up; then
    rm -rf next
    docker compose ps
    exit 0
fi

echo "the new version does not work:" >&2
docker compose ps --all >&2
docker compose logs --no-color --tail 30 >&2
if [ -d former ]; then
    echo "putting back what ran before" >&2
    take_from former
    up >&2
fi
exit 1
