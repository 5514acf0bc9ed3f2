"""Members of the centre, for the administrators: who they are, their groups, a lost telephone. Never a password."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from accounts import services
from accounts.exceptions import StaffRefused
from accounts.fields import EMAIL_ERRORS, AddressField
from accounts.models import StaffAccount, User, normalize_email
from accounts.permissions import MAX_ID, person
from accounts.services.groups import GROUPS
from portal.lib.fields import PersonNameField
from portal.lib.typography import of

GROUP_CHOICES = (
    (services.GESTIONNAIRE, "Gestionnaire\xa0: examine les demandes"),
    (services.RESPONSABLE, "Responsable\xa0: examine, rouvre, réattribue, décide en masse, voit les chiffres"),
    (services.ADMINISTRATEUR, "Administrateur\xa0: règle le portail, n’examine aucune demande"),
)


class StaffForm(forms.ModelForm[StaffAccount]):
    """A member's name, whether they may sign in, what they may do."""

    first_name = PersonNameField(label="Prénom")
    last_name = PersonNameField(label="Nom")
    roles = forms.MultipleChoiceField(
        label="Groupes",
        choices=GROUP_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Sans groupe, la personne se connecte mais ne voit rien.",
    )

    class Meta:
        model = StaffAccount
        fields: ClassVar[list[str]] = ["first_name", "last_name", "is_active"]
        help_texts: ClassVar[dict[str, str]] = {
            "is_active": "Décoché\xa0: les connexions se ferment aussitôt et plus aucune ne s’ouvre."
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["roles"] = list(self.instance.groups.filter(name__in=GROUPS).values_list("name", flat=True))


class NewStaffForm(StaffForm):
    """A new member: an account of its own, without a password until its owner chooses one."""

    email = AddressField(
        label="Adresse e-mail",
        max_length=254,
        help_text="Un lien pour choisir un mot de passe y est envoyé.",
        error_messages=EMAIL_ERRORS,
    )

    class Meta(StaffForm.Meta):
        fields: ClassVar[list[str]] = ["first_name", "last_name"]

    def clean_email(self) -> str:
        email = normalize_email(self.cleaned_data["email"])
        if User.objects.filter(email=email).exists():
            raise forms.ValidationError("Cette adresse a déjà un compte\xa0: un membre du centre a le sien")
        return email


def reset_page(model_admin: Any, request: HttpRequest, user: User, back: str) -> HttpResponse:
    """« Réinitialiser le second facteur »: a page that says what happens, then the deed, logged."""
    if user.pk == request.user.pk or (user.is_superuser and not getattr(request.user, "is_superuser", False)):
        raise PermissionDenied
    if request.method == "POST":
        with transaction.atomic():  # no reset without its line of the journal
            reset = services.reset_second_factor(user=user)
            if reset:
                model_admin.log_change(request, user, "Second facteur réinitialisé")
        if reset:
            messages.success(
                request, f"Le second facteur {of(str(user))} est réinitialisé\xa0: un e-mail l’en avertit."
            )
        else:
            messages.info(request, f"{user} n’avait pas de second facteur.")
        return redirect(back)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Réinitialiser le second facteur",
        "person": user,
        "back": back,
    }
    return TemplateResponse(request, "admin/accounts/second_facteur.html", context)


@admin.register(StaffAccount)
class StaffAccountAdmin(admin.ModelAdmin[StaffAccount]):
    """Staff who are not superusers. Nobody changes their own line: one's rights come from another."""

    form = StaffForm
    actions = None
    list_display = ("email", "last_name", "first_name", "roles", "is_active", "protected", "last_login")
    list_filter = ("groups", "is_active")
    search_fields = ("email", "last_name", "first_name")
    change_form_template = "admin/accounts/staffaccount/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffAccount]:
        return super().get_queryset(request).filter(is_staff=True, is_superuser=False).prefetch_related("groups")

    def has_change_permission(self, request: HttpRequest, obj: StaffAccount | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.pk != request.user.pk)

    def has_delete_permission(self, request: HttpRequest, obj: StaffAccount | None = None) -> bool:
        """What a member did stays under their name: an account is closed, never deleted."""
        return False

    @admin.display(description="groupes")
    def roles(self, account: StaffAccount) -> str:
        return ", ".join(sorted(group.name for group in account.groups.all())) or "aucun"

    @admin.display(description="second facteur")
    def protected(self, account: StaffAccount) -> str:
        return "Activé" if account.second_factor_at else "À activer"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = NewStaffForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: StaffAccount | None = None) -> Any:
        if obj is None:
            return ("email", "first_name", "last_name", "roles")
        return ("email", "first_name", "last_name", "is_active", "roles", "second_factor_at", "last_login")

    def get_readonly_fields(self, request: HttpRequest, obj: StaffAccount | None = None) -> Any:
        return ("email", "second_factor_at", "last_login") if obj else ()

    def save_model(self, request: HttpRequest, obj: StaffAccount, form: Any, change: bool) -> None:
        data, by = form.cleaned_data, person(request)
        if change:
            before = services.rights_in_words(obj)
            obj.save(update_fields=["first_name", "last_name", "is_active"])
            services.set_groups(user=obj, groups=data["roles"])
            services.tell_rights(member=obj, before=before, by=by)
            return
        made = services.appoint_staff(
            email=data["email"],
            first_name=data["first_name"],
            last_name=data["last_name"],
            groups=data["roles"],
            by=by,
        )
        obj.pk, obj.email, obj.is_staff = made.pk, made.email, True

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except StaffRefused as refusal:  # the address was taken in the same instant
            messages.error(request, str(refusal))
            return redirect("admin:accounts_staffaccount_add")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        name = "accounts_staffaccount_second_facteur"
        return [path("<int:pk>/second-facteur/", wrap(self.reset_view), name=name), *super().get_urls()]

    def reset_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The telephone and the recovery codes of a member are lost."""
        if not super().has_change_permission(request):
            raise PermissionDenied
        account = self.get_queryset(request).filter(pk=min(pk, MAX_ID)).first()
        if account is None:
            raise Http404
        return reset_page(self, request, account, "admin:accounts_staffaccount_changelist")
