"""The cache that processes share: a Redis server, or a folder of this machine when there is none."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

SCHEMES = ("redis://", "rediss://", "unix://")
SECONDS = 0.3  # a page waits no longer for it: what it keeps takes the database less


def shared_cache(url: str, *, broker: str, folder: Path) -> dict[str, Any]:
    """Its entry of CACHES: the server of `url`, else the broker's when it is Redis, else `folder`.

    Raises ImproperlyConfigured for a `url` that is no Redis server.
    """
    if url and not url.startswith(SCHEMES):
        raise ImproperlyConfigured("PORTAL_CACHE_URL doit commencer par redis://, rediss:// ou unix://.")
    place = url or (broker if broker.startswith(SCHEMES) else "")
    if not place:
        return {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": folder}
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": place,
        "KEY_PREFIX": "portail",
        "OPTIONS": {
            "serializer": "portal.lib.shared.AsJson",
            "socket_timeout": SECONDS,
            "socket_connect_timeout": SECONDS,
        },
    }
