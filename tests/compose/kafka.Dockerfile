# Stands in for apache/kafka where no image can be pulled: the same jars (put into the build
# context by images.py), the same environment variables, port, volume and health command as
# our compose file uses.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless >/dev/null \
    && rm -rf /var/lib/apt/lists/*
COPY jars /opt/kafka/libs
COPY kafka-entrypoint.py /opt/kafka/entrypoint.py
VOLUME /var/lib/kafka/data
EXPOSE 9092
ENTRYPOINT ["python3", "/opt/kafka/entrypoint.py"]
