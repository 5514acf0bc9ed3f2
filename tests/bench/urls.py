from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from accounts.models import Employee
from portal.urls import handler400, handler403, handler404, handler500, urlpatterns
from tests.bench import plain_admin

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def bare(request: HttpRequest) -> HttpResponse:
    """What every page is compared with: the session, its user, one query, a small template."""
    employee = Employee.objects.get(user=request.user)
    return render(request, "bench/bare.html", {"employee": employee})


@csrf_exempt
def drop(request: HttpRequest) -> HttpResponse:
    """What an upload is compared with: the same request of the same person, its file read and dropped."""
    request.upload_handlers = [TemporaryFileUploadHandler(request)]
    return _read_and_drop(request)


@csrf_protect
def _read_and_drop(request: HttpRequest) -> HttpResponse:
    Employee.objects.get(user=request.user)
    for chunk in request.FILES["fichier_autre"].chunks():
        del chunk
    return HttpResponse("ok")


@csrf_exempt
def drop_raw(request: HttpRequest) -> HttpResponse:
    """The most that this server can take in: nobody is signed in, nothing is parsed, the body is read and dropped."""
    while request.read(64 * 1024):
        pass
    return HttpResponse("ok")


urlpatterns = [
    path("origine/", plain_admin.site.urls),
    *urlpatterns,
    path("bench/", bare),
    path("bench/jeter/", drop),
    path("bench/jeter-brut/", drop_raw),
]
