# All machines of the delivery: the registry's, the object storage's, the two that are deployed to, and a place for tools.
FROM debian:bookworm-slim
RUN apt-get update --quiet \
    && apt-get install --yes --quiet --no-install-recommends apache2-utils ca-certificates curl docker-registry \
        docker.io iptables openssh-client openssh-server openssl procps socat \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
COPY docker-compose /usr/local/libexec/docker/cli-plugins/docker-compose
COPY mc versitygw /usr/local/bin/
COPY machine.sh /usr/local/bin/machine
