"""Where a correspondent was in « Mes salariés »: filters, order and page, so that each act leads back there.

The place is what follows « ? » in the address of the list. It goes with links and forms as `liste`, and is read anew:
what the list would not understand is dropped, and nothing of it names another page.
"""

from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from accounts import listing
from accounts.models import Employee, Employer

NAME = "liste"
LONGEST = 1000  # characters of a place
PAGES = ("apres", "avant")


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
