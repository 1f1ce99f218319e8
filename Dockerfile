# Two images: `services`, and `query` with what only the query API needs (calendars, pictures,
# Parquet). The command chooses the service. Steps of their own keep compilers and pip's leftovers
# out.
ARG BASE_IMAGE=python:3.11.13-slim-bookworm

FROM ${BASE_IMAGE} AS dependencies
WORKDIR /build
# Without pip: the base image's pip installs into it.
RUN python3 -m venv --without-pip /opt/practix
COPY requirements-services.txt ./
RUN python3 -m pip --python /opt/practix/bin/python install --no-cache-dir --no-deps \
    --require-hashes -r requirements-services.txt

FROM dependencies AS query-dependencies
COPY requirements-query.txt ./
RUN python3 -m pip --python /opt/practix/bin/python install --no-cache-dir --no-deps \
    --require-hashes -r requirements-query.txt

FROM ${BASE_IMAGE} AS code
RUN groupadd --gid 10001 practix && useradd --uid 10001 --gid practix --no-create-home practix
WORKDIR /srv
COPY contracts contracts
COPY runtime runtime
COPY migrations migrations
COPY command_api command_api
COPY query_api query_api
COPY projector projector
COPY notifier notifier
COPY neighbours neighbours
COPY deploy/healthcheck.py deploy/create_topic.py deploy/copy_journal.py deploy/migrate.py \
    deploy/nightly.py deploy/nightly_export.py deploy/wait_ready.py deploy/
# What the nightly export calls; the rest of the launcher runs on a person's machine.
COPY launcher/__init__.py launcher/client.py launcher/analyst_client.py launcher/
COPY launcher/exports launcher/exports
# Processes may not write here, so each would compile all of it at every start.
RUN python3 -m compileall -q .
ENV PATH=/opt/practix/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/srv
RUN mkdir /var/lib/practix && chown practix:practix /var/lib/practix
ARG PRACTIX_VERSION
LABEL org.opencontainers.image.title=practix org.opencontainers.image.version=${PRACTIX_VERSION}
USER practix
EXPOSE 8000
# Ready: it follows the journal, and knows the leader or its tables. A start may take minutes on a
# machine that has much to do.
HEALTHCHECK --interval=5s --timeout=3s --start-period=5m --retries=6 \
    CMD ["python3", "deploy/healthcheck.py"]

FROM code AS query
COPY --from=query-dependencies /opt/practix /opt/practix

FROM code AS services
COPY --from=dependencies /opt/practix /opt/practix
