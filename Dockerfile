FROM python:3.11.15-slim-trixie AS libraries
WORKDIR /app
COPY requirements.lock requirements-extras.lock ./
# Given (--build-arg EXTRAS=1), what PORTAL_SENTRY_DSN and PORTAL_OTEL_ENDPOINT ask for too.
ARG EXTRAS=
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock \
    && if [ -n "$EXTRAS" ]; then \
        /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-extras.lock; fi

FROM python:3.11.15-slim-trixie
RUN apt-get update \
    && apt-get install -y --no-install-recommends libmagic1t64 tesseract-ocr tesseract-ocr-fra \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /app portail
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=portal.settings.production \
    PORTAL_VAR_DIR=/app/var
WORKDIR /app
COPY --from=libraries /venv /venv
COPY . .
# Hashed and compressed as in production, without any of its secrets.
RUN python -m compileall -q portal dispenses accounts notifications \
    && DJANGO_SETTINGS_MODULE=portal.settings.build python manage.py collectstatic --noinput --verbosity 0 \
    && mkdir -p /app/var/reception \
    && chown -R portail /app/var
USER portail
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["python", "portal/healthcheck.py"]
CMD ["gunicorn", "portal.wsgi", "--bind", "0.0.0.0:8000", "--config", "portal/gunicorn.py"]
