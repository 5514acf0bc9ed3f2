"""Addresses of the development mailbox, included only when PORTAL_DEV_MAILBOX is on."""

from django.urls import path

from portal.dev import mailbox_views

urlpatterns = [
    path("", mailbox_views.boite_envoi, name="boite_envoi"),
    path("<str:name>/", mailbox_views.boite_envoi_message, name="boite_envoi_message"),
    path("<str:name>/piece/<int:index>/", mailbox_views.boite_envoi_piece, name="boite_envoi_piece"),
]
