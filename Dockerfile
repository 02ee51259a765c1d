# VibeCraft: web server, workers and clock in one image; `command` says which one a container is.

FROM python:3.11-slim-bookworm AS packages
COPY requirements.txt /tmp/
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-compile \
      --require-hashes --only-binary :all: -r /tmp/requirements.txt \
 && rm -rf /venv/lib/python3.11/site-packages/pip* /venv/bin/pip*

FROM python:3.11-slim-bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --home-dir /data --shell /usr/sbin/nologin vibecraft \
 && install -d -o vibecraft -g vibecraft /data
COPY --from=packages /venv /venv
WORKDIR /site
COPY manage.py requirements.txt ./
COPY static static
COPY templates templates
COPY vibecraft vibecraft
COPY accounts accounts
COPY songs songs
COPY videos videos
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    VIBECRAFT_DATA=/data NUMBA_CACHE_DIR=/data/numba HOST=0.0.0.0 PORT=8000
USER vibecraft
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["python", "manage.py", "run", "web"]
