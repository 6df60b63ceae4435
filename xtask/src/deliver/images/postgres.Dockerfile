# Stands in for postgres:15-alpine.
FROM debian:bookworm-slim
RUN apt-get update --quiet \
    && apt-get install --yes --quiet --no-install-recommends postgresql-15 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/lib/postgresql/15 \
    && for program in /usr/lib/postgresql/15/bin/*; do ln -s "$program" /usr/local/bin/; done
COPY postgres.sh /usr/local/bin/docker-entrypoint.sh
ENV PGDATA=/var/lib/postgresql/data
VOLUME /var/lib/postgresql/data
EXPOSE 5432
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
STOPSIGNAL SIGINT
