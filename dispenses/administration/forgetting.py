"""What is about to be forgotten, what was, and the files that the storage still has, for the centre to look at."""

from datetime import date

from django.contrib import admin

from dispenses.administration.closed import ClosedToParties
from dispenses.keeping.evidence import NOTICE
from dispenses.models import Forgetting, LeavingFile, Tombstone
from portal.lib.read_only import ReadOnly


@admin.register(Forgetting)
class ForgettingAdmin(ClosedToParties, ReadOnly, admin.ModelAdmin[Forgetting]):
    """Requests whose time is over; a hold placed on them takes them off."""

    list_display = ("dispense", "employer", "kept_until", "told_on", "due_on")
    list_select_related = ("dispense", "employer")
    search_fields = ("employer__name", "=dispense__number")
    show_full_result_count = False
    fields = ("dispense", "employer", "kept_until", "told_on", "due_on")
    readonly_fields = ("due_on",)

    @admin.display(description="effacée à partir du", ordering="told_on")
    def due_on(self, row: Forgetting) -> date | str:
        return row.told_on + NOTICE if row.told_on else "À annoncer d’abord"


@admin.register(Tombstone)
class TombstoneAdmin(ClosedToParties, ReadOnly, admin.ModelAdmin[Tombstone]):
    """What remains of the requests that were forgotten."""

    list_display = ("number", "employer", "submitted_on", "decided_on", "ends_on", "outcome", "forgotten_on")
    list_select_related = ("employer",)
    list_filter = ("outcome",)
    search_fields = ("=number", "employer__name")
    show_full_result_count = False


@admin.register(LeavingFile)
class LeavingFileAdmin(ReadOnly, admin.ModelAdmin[LeavingFile]):
    """Files that are to go: those that the storage still has after a night come first, with why."""

    list_display = ("number", "since", "tries", "tried_at", "error")
    search_fields = ("=number",)
    show_full_result_count = False
    fields = ("number", "since", "tries", "tried_at", "error")
