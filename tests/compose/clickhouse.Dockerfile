# Stands in for clickhouse/clickhouse-server where no image can be pulled: Debian's 18.16 with
# the same environment variables, port, volume and health command as our compose file uses.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        clickhouse-server clickhouse-client >/dev/null \
    && rm -rf /var/lib/apt/lists/*
COPY clickhouse-entrypoint.py /entrypoint.py
VOLUME /var/lib/clickhouse
EXPOSE 9000
ENTRYPOINT ["python3", "/entrypoint.py"]
