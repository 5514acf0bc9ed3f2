"""The addresses of the portal with those of development."""

from django.urls import include, path

from portal import urls

handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500
urlpatterns = [*urls.urlpatterns, path("dev/", include("portal.dev.urls"))]
