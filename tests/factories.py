"""Objects for the tests. Traits name the stage that the object has reached."""

import hashlib
from datetime import date, timedelta
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts import tokens
from accounts.enums import ActeKind, ContractType
from accounts.models import (
    INVITATION_LIFETIME,
    Acte,
    ApiToken,
    Correspondent,
    Employee,
    Employer,
    Invitation,
    InvitationLink,
    User,
)
from accounts.services import ADMINISTRATEUR, GESTIONNAIRE, RESPONSABLE, ensure_groups
from dispenses.documents import storage
from dispenses.enums import PreviewStatus, ScanStatus
from dispenses.exports.payroll.columns import COLUMNS
from dispenses.law.catalogue import BY_CODE
from dispenses.models import ActeText, Dispense, Justificatif, Motif, PayrollProfile
from dispenses.request import ending, sending
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.complement import ComplementContent
from dispenses.request.decisions.refuse import RefuseContent
from dispenses.request.decisions.registry import decide
from dispenses.workflow import Status
from notifications.models import OutgoingCall, WebhookEndpoint
from notifications.models.webhooks import PURPOSE
from notifications.webhooks import signing
from portal.lib import sealing
from tests.files import page_bytes, pdf_bytes

PASSWORD = "motdepasse-solide-1"
ALL_OPTIONAL_MOTIFS = ["cdd_12_mois_et_plus", "cdd_moins_12_mois", "temps_partiel"]


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"personne{n}@exemple.fr")
    first_name = "Virginie"
    last_name = factory.Sequence(lambda n: f"Martin{n}")
    password = factory.LazyFunction(lambda: make_password(PASSWORD))


class StaffFactory(UserFactory):
    """Member of the management centre, in the groups named; `in_group=False` for a staff user without any right."""

    is_staff = True
    first_name = "Gestion"
    in_group = True
    groups = (GESTIONNAIRE,)

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        in_group, groups = kwargs.pop("in_group", True), kwargs.pop("groups")
        user: User = super()._create(model_class, *args, **kwargs)
        if in_group:
            if not Group.objects.filter(name__in=groups).exists():
                ensure_groups()
            user.groups.set(Group.objects.filter(name__in=groups))
        return user


class LeadFactory(StaffFactory):
    """A Responsable."""

    groups = (RESPONSABLE,)


class AdministratorFactory(StaffFactory):
    """An Administrateur: sets the portal up, examines nothing."""

    first_name = "Alix"
    groups = (ADMINISTRATEUR,)


ANSWERS = {
    "nature_contrat": "collective",
    "emploi_couvrant": "conjoint",
    "couverture_par": "individuelle",
    "assureur": "Mutuelle du Lac",
    "titulaire": "Paul Durand",
    "autre_employeur": "Transports Delmas",
    "employeur_public": "Mairie de Bourgneuf",
    "couverture_depuis": "1/1/2018",
    "cotisation": "60",
    "brut": "600",
}


def answers_to(code: str, **changes: str) -> dict[str, str]:
    """Answers that the motif of that code takes today, as kept, without the dates of a contract."""
    answers = {**ANSWERS, "couverture_jusquau": f"{timezone.localdate() + timedelta(days=300):%d/%m/%Y}"}
    return {key: answers[key] for key in BY_CODE[code].extra_fields if key in answers} | changes


CONJOINT_ANSWERS = answers_to("conjoint")
"""What the motif « Employeur conjoint » asks, as kept."""
TYPED = {
    **{key: value for key, value in CONJOINT_ANSWERS.items() if key != "couverture_depuis"},
    **{f"couverture_depuis_{part}": text for part, text in enumerate(("1", "1", "2018"))},
}
"""The same, as a page sends it."""


class EmployerFactory(DjangoModelFactory[Employer]):
    class Meta:
        model = Employer

    name = factory.Sequence(lambda n: f"Ateliers du Levant {n}")
    siret = factory.Sequence(lambda n: f"{n:014d}")
    enrolment_url = "https://adhesion.exemple.fr/"


class ActeFactory(DjangoModelFactory[Acte]):
    class Meta:
        model = Acte

    employer = factory.SubFactory(EmployerFactory)
    kind = ActeKind.DUE
    in_force_from = date(2020, 1, 1)
    employee_share_from = factory.SelfAttribute("in_force_from")
    opened_motifs = factory.LazyFunction(lambda: list(ALL_OPTIONAL_MOTIFS))


class ActeTextFactory(DjangoModelFactory[ActeText]):
    """The PDF of a version, stored."""

    class Meta:
        model = ActeText

    acte = factory.SubFactory(ActeFactory)
    name = "acte.pdf"
    received_from = factory.SubFactory(AdministratorFactory)
    scan_status = ScanStatus.DISABLED

    @classmethod
    def _create(cls, model_class: type[ActeText], *args: Any, **kwargs: Any) -> ActeText:
        content = pdf_bytes()
        text = ActeText(size=len(content), sha256=hashlib.sha256(content).hexdigest(), **kwargs)
        text.file.save(text.name, ContentFile(content), save=True)
        return text


class CorrespondentFactory(DjangoModelFactory[Correspondent]):
    class Meta:
        model = Correspondent

    user = factory.SubFactory(UserFactory, first_name="Nadia")
    employer = factory.SubFactory(EmployerFactory)


class EmployeeFactory(DjangoModelFactory[Employee]):
    class Meta:
        model = Employee

    class Params:
        activated = factory.Trait(
            user=factory.SubFactory(
                UserFactory,
                first_name=factory.SelfAttribute("..first_name"),
                last_name=factory.SelfAttribute("..last_name"),
            ),
            activated_at=factory.LazyFunction(timezone.now),
        )

    employer = factory.SubFactory(EmployerFactory)
    first_name = "Virginie"
    last_name = factory.Sequence(lambda n: f"Durand{n}")
    professional_email = factory.Sequence(lambda n: f"virginie{n}@levant.exemple")
    matricule = factory.Sequence(lambda n: f"L-{n:05d}")
    hired_on = date(2018, 9, 3)
    contract_type = ContractType.CDI


class InvitationFactory(DjangoModelFactory[Invitation]):
    """A live invitation whose secret is in the attribute `token`."""

    class Meta:
        model = Invitation

    employee = factory.SubFactory(EmployeeFactory)
    sent_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyAttribute(lambda o: o.sent_at + INVITATION_LIFETIME)

    @classmethod
    def _create(cls, model_class: type[Invitation], *args: Any, **kwargs: Any) -> Invitation:
        invitation: Invitation = super()._create(model_class, *args, **kwargs)
        token = tokens.mint_token()
        InvitationLink.objects.create(
            invitation=invitation, token_hash=tokens.hash_token(token), created_at=invitation.sent_at
        )
        invitation.token = token  # type: ignore[attr-defined]
        return invitation


class ApiTokenFactory(DjangoModelFactory[ApiToken]):
    """A token that nobody knows: accounts.services.create_token gives one whose secret is known."""

    class Meta:
        model = ApiToken

    employer = factory.SubFactory(EmployerFactory)
    name = factory.Sequence(lambda n: f"SIRH {n}")
    prefix = "eapi_abcdef"
    token_hash = factory.Sequence(lambda n: f"{n:064d}")
    scopes = factory.LazyFunction(lambda: ["employees:read"])
    created_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyAttribute(lambda o: o.created_at + timedelta(days=30))


class WebhookEndpointFactory(DjangoModelFactory[WebhookEndpoint]):
    class Meta:
        model = WebhookEndpoint

    owner = "employer:1"
    url = "https://sirh.exemple.fr/webhooks"
    sealed_secret = factory.LazyFunction(lambda: sealing.seal(signing.mint_secret(), PURPOSE))


class OutgoingCallFactory(DjangoModelFactory[OutgoingCall]):
    """An event already received."""

    class Meta:
        model = OutgoingCall

    endpoint = factory.SubFactory(WebhookEndpointFactory)
    event_id = factory.Sequence(lambda n: f"evt_{n:032x}")
    event_type = "dispense.accepted"
    body = "{}"
    dedup_key = factory.Sequence(lambda n: f"appel-{n}")
    status = "sent"
    attempts = 1
    sent_at = factory.LazyFunction(timezone.now)
    give_up_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=3))


class PayrollProfileFactory(DjangoModelFactory[PayrollProfile]):
    """A profile with every column, under its usual heading."""

    class Meta:
        model = PayrollProfile

    employer = factory.SubFactory(EmployerFactory)
    name = factory.Sequence(lambda n: f"Paie {n}")
    columns = factory.LazyFunction(lambda: [[column.key, column.heading] for column in COLUMNS])


def add_file(dispense: Dispense, piece: str, name: str = "attestation.pdf") -> Justificatif:
    """A stored justificatif under a document asked for, not yet sent."""
    content = pdf_bytes()
    justificatif = Justificatif(
        dispense=dispense,
        piece=piece,
        name=name,
        content_type="application/pdf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        scan_status=ScanStatus.DISABLED,
    )
    justificatif.file.save(name, ContentFile(content), save=True)
    return justificatif


def add_pictures(justificatif: Justificatif, pages: int = 1) -> Justificatif:
    """The pictures of a document, as a worker would have stored them."""
    for page in range(pages + 1):
        justificatif.file.storage.save(storage.picture_key(justificatif, page), ContentFile(page_bytes()))
    justificatif.preview_status, justificatif.preview_pages = PreviewStatus.READY, pages
    justificatif.save(update_fields=["preview_status", "preview_pages"])
    return justificatif


class DispenseFactory(DjangoModelFactory[Dispense]):
    """A draft ready to be sent; `stage` takes it further through the services, as people would."""

    class Meta:
        model = Dispense

    class Params:
        in_progress = factory.Trait(stage=Status.IN_PROGRESS)
        awaiting_complement = factory.Trait(stage=Status.AWAITING_COMPLEMENT)
        accepted = factory.Trait(stage=Status.ACCEPTED)
        refused = factory.Trait(stage=Status.REFUSED)
        withdrawn = factory.Trait(stage=Status.WITHDRAWN)
        ended = factory.Trait(stage=Status.ENDED)

    employee = factory.SubFactory(EmployeeFactory, activated=True)
    motif = factory.LazyFunction(lambda: Motif.objects.get(code="conjoint"))
    matricule = factory.SelfAttribute("employee.matricule")
    hired_on = factory.SelfAttribute("employee.hired_on")
    answers = factory.LazyFunction(lambda: dict(CONJOINT_ANSWERS))
    stage = Status.DRAFT

    @classmethod
    def _create(cls, model_class: type[Dispense], *args: Any, **kwargs: Any) -> Dispense:
        stage = kwargs.pop("stage", Status.DRAFT)
        staff = kwargs.pop("staff", None)
        dispense: Dispense = super()._create(model_class, *args, **kwargs)
        for piece in dispense.motif.required_justificatifs.all() if dispense.motif else []:
            add_file(dispense, piece.code, f"{piece.code}.pdf")
        return advance(dispense, stage, staff)


def advance(dispense: Dispense, stage: Status, staff: User | None = None) -> Dispense:
    """Take a complete draft to `stage` through the services."""
    if stage is Status.DRAFT:
        return dispense
    owner = dispense.employee.user
    assert owner is not None
    dispense = sending.submit(dispense=dispense, user=owner)
    if stage is Status.IN_PROGRESS:
        return dispense
    if stage is Status.WITHDRAWN:
        return sending.withdraw(dispense=dispense, user=owner)
    staff = staff or StaffFactory()
    if stage is Status.AWAITING_COMPLEMENT:
        return decide(ComplementContent(message="Il manque la carte de mutuelle."), dispense=dispense, user=staff)
    if stage is Status.REFUSED:
        return decide(
            RefuseContent(reason="L’attestation ne vous cite pas.", rule="art. D911-2, 3° a", de_droit=True),
            dispense=dispense,
            user=staff,
        )
    dispense = decide(AcceptContent(), dispense=dispense, user=staff)
    if stage is Status.ENDED:
        Dispense.objects.filter(number=dispense.number).update(ends_on=timezone.localdate() - timedelta(days=1))
        dispense = ending.end(dispense=dispense, reason="La date de fin de la dispense est passée.")
    return dispense
