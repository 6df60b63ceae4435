# Stands in for nginx:1-alpine.
FROM debian:bookworm-slim
RUN apt-get update --quiet \
    && apt-get install --yes --quiet --no-install-recommends ca-certificates curl nginx-light \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
EXPOSE 80
CMD ["nginx", "-g", "daemon off;"]
