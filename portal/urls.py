"""Every address of the portal. Closed by default: only the pages marked login_not_required are open."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from portal import views
from portal.operations import requests

handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.page_not_found
handler500 = views.server_error

urlpatterns = [
    path("gestion/", admin.site.urls),
    path("api/", include("dispenses.api.urls")),
    path("", include("accounts.urls")),
    path("", include("dispenses.urls")),
    path("mentions-legales/", views.page, {"template": "mentions_legales"}, name="mentions_legales"),
    path("donnees-personnelles/", views.personal_data, name="donnees_personnelles"),
    path("accessibilite/", views.page, {"template": "accessibilite"}, name="accessibilite"),
    path("aide/", views.page, {"template": "aide"}, name="aide"),
    path("sante", views.sante, name="sante"),
    path("sante/pret", views.pret, name="sante_pret"),
    path(requests.ADDRESS.lstrip("/"), requests.page, name="metrics"),
    path("robots.txt", views.robots, name="robots"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("marque/<str:version>/<str:name>", views.brand_file, name="marque"),
]

if settings.PORTAL_DEV_MAILBOX:
    urlpatterns.append(path("dev/", include("portal.dev.urls")))
