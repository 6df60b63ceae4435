# Starts the mail relay of the test host from the latest image. The pipeline hands this text to the host inside
# single quotes, so it must not contain one.
set -eu

image=registry.example.com/repository/exim4:latest

docker rm -f smarthost >/dev/null 2>&1 || true
docker rmi -f "$image" >/dev/null 2>&1 || true

docker run --name smarthost -d -p 25:25 --restart=always \
    -e HOSTNAME="$(hostname -f)" \
    -e EXIM_LOCALINTERFACE=0.0.0.0 \
    -e EXIM_SMARTHOST -e EXIM_PASSWORD -e EXIM_DOMAIN -e EXIM_ALLOWED_SENDERS \
    "$image"
