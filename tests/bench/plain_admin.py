"""What the queue is compared with: Django's own list of the same columns, on the same table, as one writes it first."""

from django.contrib.admin import AdminSite, ModelAdmin, display

from dispenses.models import Dispense

site = AdminSite(name="origine")


class PlainAdmin(ModelAdmin[Dispense]):
    """The columns of the queue, its rows in its order, 50 a page; no filter but the status in the address."""

    list_display = (
        "number",
        "employee",
        "matricule",
        "employer",
        "motif",
        "status",
        "submitted_at",
        "due_on",
        "assigned_to",
    )
    list_select_related = ("employee__employer", "motif", "queue_entry__assigned_to")
    list_filter = ("status",)
    ordering = ("queue_entry__due_on", "number")
    list_per_page = 50

    @display(description="employeur", ordering="employee__employer__name")
    def employer(self, dispense: Dispense) -> str:
        return dispense.employee.employer.name

    @display(description="échéance", ordering="queue_entry__due_on")
    def due_on(self, dispense: Dispense) -> object:
        return dispense.queue_entry.due_on

    @display(description="attribuée à")
    def assigned_to(self, dispense: Dispense) -> object:
        return dispense.queue_entry.assigned_to


site.register(Dispense, PlainAdmin)
