"""Where a correspondent was in « Mes salariés »: filters, order and page, so that each act leads back there.

The place is what follows « ? » in the address of the list. It goes with links and forms as `liste`, and is read anew:
what the list would not understand is dropped, and nothing of it names another page.
"""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from accounts import listing
from accounts.models import Employee, Employer

NAME = "liste"
LONGEST = 1000  # characters of a place
PAGES = ("apres", "avant")
FROM_PAGE = "fiche"  # what a link or a form of the page of an employee says beside the place


def of_list(employer: Employer, given: QueryDict, *, paged: bool = True, ordered: bool = True) -> str:
    """The place that the address of the list gives, without its page unless `paged`, its order unless `ordered`."""
    sort = listing.read_sort(given) if ordered else ""
    page = {name: given[name] for name in PAGES if paged and given.get(name, "").isdecimal()}
    parts = urlencode({"employeur": employer.pk}), listing.read_filters(given).query
    return "&".join(filter(None, (*parts, urlencode({"tri": sort} if sort else {}), urlencode(page))))


def carried(request: HttpRequest, employer: Employer) -> str:
    """The place that came with a link or a form; the beginning of the list without one."""
    given = request.POST.get(NAME) or request.GET.get(NAME, "")
    return of_list(employer, QueryDict(given[:LONGEST]))


def back(request: HttpRequest, employer: Employer, employee: Employee | None = None) -> str:
    """The address of the list where the person was, at the row of `employee` when there is one."""
    return f"{reverse('salaries')}?{carried(request, employer)}{f'#s{employee.pk}' if employee else ''}"


def of_employee(request: HttpRequest, employee: Employee) -> str:
    """The address of the page of `employee`, which leads back to the list where the person was."""
    return f"{reverse('salarie', args=[employee.pk])}?{urlencode({NAME: carried(request, employee.employer)})}"


def where(request: HttpRequest, employee: Employee) -> str:
    """The address of the page where the person was: that of the employee, or their row of the list."""
    if FROM_PAGE in request.POST or FROM_PAGE in request.GET:
        return of_employee(request, employee)
    return back(request, employee.employer, employee)


def told(request: HttpRequest, employee: Employee, level: int, said: str) -> HttpResponse:
    """Say it of the employee, on the page where the person was."""
    messages.add_message(request, level, said, extra_tags=f"s{employee.pk}")
    return redirect(where(request, employee))
