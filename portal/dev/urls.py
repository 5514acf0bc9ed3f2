"""Addresses of development, included only when PORTAL_DEV_MAILBOX is on."""

from django.urls import include, path

from portal.dev import components

urlpatterns = [
    path("boite-envoi/", include("portal.dev.mailbox_urls")),
    path("composants/", components.page, name="composants"),
]
