# wirecopy and Airflow in one image: `docker compose build`.  Everything is pinned by constraints.txt, the base by its tag;
# --build-arg BASE=python@sha256:… pins it by its digest.
ARG BASE=python:3.11.14-slim-bookworm

FROM ${BASE} AS build
WORKDIR /build
COPY constraints.txt ./
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir -c constraints.txt uv
COPY pyproject.toml README.md LICENSE ./
COPY etl etl
COPY schemas schemas
# Byte-compiled now: processes may not write here, so each start would compile 800 MB of packages again.
RUN /opt/venv/bin/uv pip install --python /opt/venv/bin/python --no-cache --compile-bytecode \
    -c constraints.txt --build-constraints constraints.txt '.[airflow,postgres,server,celery,s3,lineage]'

FROM ${BASE}
RUN useradd --uid 50000 --no-create-home --home-dir /opt/wirecopy wirecopy \
    && mkdir -p /opt/wirecopy/airflow/logs /opt/wirecopy/staging /opt/wirecopy/landing /opt/wirecopy/export /opt/wirecopy/numba \
    && chown -R wirecopy: /opt/wirecopy
COPY --from=build /opt/venv /opt/venv
WORKDIR /opt/wirecopy
COPY --chown=wirecopy dags dags
COPY --chown=wirecopy seeds seeds
USER wirecopy
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    AIRFLOW_HOME=/opt/wirecopy/airflow \
    NUMBA_CACHE_DIR=/opt/wirecopy/numba
# Compiles the loops and unpacks the model of languages once for all containers: numba takes ten seconds.
RUN python -c "from etl.prepare.shards import warm; warm()"
CMD ["airflow", "version"]
