"""Settings of the image's build, to gather the static files: no secret exists yet, nothing is served."""

from portal.settings.base import *  # noqa: F403

SECRET_KEY = "construction-de-l-image"
