# Stands in for apache/kafka where no image can be pulled: the same jars, the same
# environment variables, port, volume and health command as our compose file uses.
ARG BASE_IMAGE
FROM ${BASE_IMAGE} AS jars
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends maven openjdk-17-jre-headless >/dev/null
COPY launcher/servers/kafka-pom.xml /build/pom.xml
RUN mvn -q -B -f /build/pom.xml dependency:copy-dependencies -DoutputDirectory=/opt/kafka/libs

FROM ${BASE_IMAGE}
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless >/dev/null \
    && rm -rf /var/lib/apt/lists/*
COPY --from=jars /opt/kafka/libs /opt/kafka/libs
COPY tests/compose/kafka-entrypoint.py /opt/kafka/entrypoint.py
COPY --chmod=755 tests/compose/kafka-broker-api-versions.sh /opt/kafka/bin/kafka-broker-api-versions.sh
VOLUME /var/lib/kafka/data
EXPOSE 9092
ENTRYPOINT ["python3", "/opt/kafka/entrypoint.py"]
