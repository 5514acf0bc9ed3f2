from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from accounts.models import Employee
from portal.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def bare(request: HttpRequest) -> HttpResponse:
    """What every page is compared with: the session, its user, one query, a small template."""
    employee = Employee.objects.get(user=request.user)
    return render(request, "bench/bare.html", {"employee": employee})


urlpatterns = [*urlpatterns, path("bench/", bare)]
