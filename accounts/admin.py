"""People, for the management centre. Correspondents are appointed through the service, which sends their link."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, SetUnusablePasswordMixin, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from accounts import appointment_admin as _appointment_admin  # noqa: F401 – registers its pages
from accounts import services
from accounts import sign_in_admin as _sign_in_admin  # noqa: F401 – registers its pages
from accounts import token_admin as _token_admin  # noqa: F401 – the same
from accounts.acte_forms import ActeForm, ActeFormSet, EmployerForm
from accounts.enums import AppointmentState
from accounts.exceptions import CompanyRefused
from accounts.fields import AddressField
from accounts.models import Acte, Appointment, Correspondent, Employee, Employer, Invitation, User
from accounts.permissions import MAX_ID, person
from accounts.staff_admin import reset_page
from portal.lib.fields import PersonNameField
from portal.lib.read_only import ReadOnly

admin.site.unregister(Group)  # « prepare » writes again what accounts.services.groups lets each do

OWN_RIGHTS = ("is_active", "is_staff", "is_superuser", "groups")


class RightsForm(UserChangeForm[User]):
    """An account, whose rights may not make a member of the centre of somebody who acts for an employer."""

    class Meta(UserChangeForm.Meta):
        widgets: ClassVar[dict[str, Any]] = {"groups": forms.CheckboxSelectMultiple}

    def clean_is_staff(self) -> bool:
        """Two administrators agree to such a pair: it is asked for from the side of the employer."""
        is_staff: bool = self.cleaned_data["is_staff"]
        if is_staff and not self.instance.is_staff and self.instance.correspondent_roles.exists():
            raise forms.ValidationError(
                "Cette personne est correspondante d’un employeur\xa0: un membre du centre a son propre compte"
            )
        return is_staff


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """Django's, its warning in French."""

    usable_password_help_text = SetUnusablePasswordMixin.usable_password_help_text + (
        '<ul id="id_unusable_warning" class="messagelist">'
        '<li class="warning">Sans mot de passe, celui d’aujourd’hui est effacé.</li></ul>'
    )


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
    """Accounts: for a superuser alone, since a password or a right may be set here."""

    form = RightsForm
    filter_horizontal = ()
    change_password_form = PasswordForm
    ordering = ("email",)
    list_display = ("email", "first_name", "last_name", "is_active", "is_staff")
    list_filter = ("is_staff", "is_active", "groups")
    search_fields = ("email", "last_name", "first_name")
    readonly_fields = ("last_login", "created_at", "marketing_consent_at")
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Identité", {"fields": ("first_name", "last_name")}),
        ("Droits", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Dates", {"fields": ("last_login", "created_at", "marketing_consent_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "first_name", "last_name", "usable_password", "password1", "password2")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """One's own rights come from another superuser."""
        own = obj is not None and obj.pk == request.user.pk
        return (*self.readonly_fields, *(OWN_RIGHTS if own else ()))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """The owner learns that somebody changed their address, where they read it so far."""
        form.before = services.rights_in_words(obj) if change else "aucun compte"
        email = User.objects.values_list("email", flat=True).get(pk=obj.pk) if change else obj.email
        super().save_model(request, obj, form, change)
        if email != obj.email:
            services.close_former_addresses(user=obj)
            services.tell_identifier(user=obj, before=email)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """With the groups, the rights are whole: the administrators learn what changed."""
        super().save_related(request, form, formsets, change)
        if form.instance.is_staff or form.before not in ("aucun compte", "aucun droit"):
            services.tell_rights(member=form.instance, before=form.before, by=person(request))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Another's password, whose owner is told; one's own is changed where everybody's is, against the present."""
        found = self.get_object(request, unquote(id))
        if found is not None and found.pk == request.user.pk:
            return redirect("mes_informations")
        with transaction.atomic():
            answer = super().user_change_password(request, id, form_url)
            if found is not None and User.objects.values_list("password", flat=True).get(pk=found.pk) != found.password:
                services.close_former_addresses(user=found)
                services.tell_password(user=found)
        return answer

    def _superuser(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and request.user.is_active and request.user.is_superuser

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ActeInline(admin.StackedInline[Acte, Employer]):
    """Versions of the acte, the latest first."""

    model = Acte
    form = ActeForm
    formset = ActeFormSet  # type: ignore[assignment]  # its forms are ours
    extra = 0
    ordering = ("-in_force_from",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Employer)
class EmployerAdmin(admin.ModelAdmin[Employer]):
    """An employer and the versions of its acte; dispenses.administration.employers adds the documents."""

    form = EmployerForm
    list_display = ("name", "siret", "insured_until")
    show_full_result_count = False
    actions = None
    search_fields = ("name", "siret")
    inlines = [ActeInline]

    def has_delete_permission(self, request: HttpRequest, obj: Employer | None = None) -> bool:
        return False


class AppointForm(forms.ModelForm[Correspondent]):
    """A person by name and address; an existing account is used if there is one."""

    email = AddressField(label="Adresse e-mail", max_length=254)
    first_name = PersonNameField(label="Prénom")
    last_name = PersonNameField(label="Nom")

    by: User  # who appoints

    class Meta:
        model = Correspondent
        fields: ClassVar[list[str]] = ["employer"]

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        try:
            services.refuse_oneself(email=email, by=self.by)
        except CompanyRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return email


@admin.register(Correspondent)
class CorrespondentAdmin(admin.ModelAdmin[Correspondent]):
    list_display = ("user", "employer")
    list_select_related = ("user", "employer")
    search_fields = ("user__email", "user__last_name", "employer__name")
    autocomplete_fields = ("employer",)
    form = AppointForm

    change_form_template = "admin/accounts/correspondent/change_form.html"
    show_full_result_count = False
    actions = None

    def has_change_permission(self, request: HttpRequest, obj: Correspondent | None = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            kwargs["form"] = ModelForm
        form = super().get_form(request, obj, change, **kwargs)
        form.by = request.user  # type: ignore[attr-defined]
        return form

    def get_fields(self, request: HttpRequest, obj: Correspondent | None = None) -> Any:
        return ("user", "employer") if obj else ("employer", "email", "first_name", "last_name")

    def save_model(self, request: HttpRequest, obj: Correspondent, form: Any, change: bool) -> None:
        data = form.cleaned_data
        appointed = services.appoint_correspondent(
            email=data["email"],
            first_name=data["first_name"],
            last_name=data["last_name"],
            employer=data["employer"],
            by=form.by,
        )
        obj.user = appointed.user
        if isinstance(appointed, Correspondent):
            obj.pk = appointed.pk

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """A member of the centre is not appointed yet: what was asked is what is logged."""
        asked = _asked(obj)
        return super().log_addition(
            request,
            asked or obj,  # type: ignore[arg-type]
            "Nomination demandée" if asked else message,
        )

    def response_add(self, request: HttpRequest, obj: Correspondent, post_url_continue: str | None = None) -> Any:
        asked = _asked(obj)
        if asked is None:
            return super().response_add(request, obj, post_url_continue)
        messages.warning(
            request,
            f"{obj.user} est membre du centre\xa0: la nomination attend l’accord d’un autre administrateur, "
            "averti par e-mail.",
        )
        return redirect("admin:accounts_appointment_changelist")

    def delete_model(self, request: HttpRequest, obj: Correspondent) -> None:
        """Withdraw the right; what the person held for the employer's software stops with it."""
        with transaction.atomic():
            super().delete_model(request, obj)
            services.stop_unheld(employer=obj.employer)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        name = "accounts_correspondent_second_facteur"
        return [path("<int:pk>/second-facteur/", wrap(self.reset_view), name=name), *super().get_urls()]

    def reset_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The telephone and the recovery codes of a correspondent are lost; staff go through their own page."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        role = Correspondent.objects.select_related("user").filter(pk=min(pk, MAX_ID), user__is_staff=False).first()
        if role is None:
            raise Http404
        return reset_page(self, request, role.user, "admin:accounts_correspondent_changelist")


def _asked(obj: Correspondent) -> Appointment | None:
    """What was asked for when the form was sent for a member of the centre; None for a right that was given."""
    if obj.pk is not None:
        return None
    return Appointment.objects.get(user=obj.user, employer=obj.employer, state=AppointmentState.WAITING)


class InvitationInline(ReadOnly, admin.TabularInline[Invitation, Employee]):
    """What was sent and what became of it; secrets stay out of sight."""

    model = Invitation
    extra = 0
    ordering = ("-sent_at",)
    fields = readonly_fields = (
        "sent_at",
        "expires_at",
        "reminders_sent",
        "used_at",
        "revoked_at",
        "revocation_reason",
        "renewal_requested_at",
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("accounts.view_employee")


@admin.register(Employee)
class EmployeeAdmin(admin.ModelAdmin[Employee]):
    """To consult; employees are declared by their correspondents."""

    list_display = ("last_name", "first_name", "matricule", "employer", "activated_at")
    list_select_related = ("employer",)
    search_fields = ("last_name", "first_name", "matricule", "professional_email")
    inlines = [InvitationInline]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Employee | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Employee | None = None) -> bool:
        return False
