"""Addresses of the API. Open to requests without a session: each operation asks for its token itself."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path

from dispenses.api import documentation
from dispenses.api.operations import api

_operations, _app, _namespace = api.urls
for _pattern in _operations:
    if isinstance(_pattern, URLPattern) and _pattern.callback is not None:
        _pattern.callback = login_not_required(_pattern.callback)

urlpatterns = [
    path("documentation/", documentation.api_documentation, name="api_documentation"),
    path("v1/", (_operations, _app, _namespace)),
]
