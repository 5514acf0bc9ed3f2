from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from accounts.models import Employee
from portal.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def bare(request: HttpRequest) -> HttpResponse:
    """What every page is compared with: the session, its user, one query, a small template."""
    employee = Employee.objects.get(user=request.user)
    return render(request, "bench/bare.html", {"employee": employee})


def drop(request: HttpRequest) -> HttpResponse:
    """What an upload is compared with: the same bytes over the same server, read and dropped."""
    while request.read(64 * 1024):
        pass
    return HttpResponse("ok")


urlpatterns = [*urlpatterns, path("bench/", bare), path("bench/jeter/", csrf_exempt(drop))]
