"""Every page of the portal: its address × who opens it × in which state. An address without a line here fails.

To add a page, give the name of its address (the key of tests/test_rights.py) a line in PORTAL or DESK, « who: states »,
several separated by « ; ». What is no page goes in NO_PAGE, under its reason. tests/test_catalogue.py opens them
without a browser, tests/browser/test_catalogue_portal.py and test_catalogue_desk.py in Chromium.

States: `filled`, as the world of tests/test_rights.py; `empty`, of somebody who has nothing yet; `error`, the longest
form of the page sent back with nothing in it; `long`, names and addresses as long as can be; `many`, 200 rows; the
others are those of STATES.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin

from django.db.models import F, Value
from django.db.models.functions import Concat
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import tokens
from accounts.models import INVITATION_LIFETIME, Correspondent, Employee, Employer, FormerAddress, Invitation, User
from accounts.states import Standing
from dispenses.models import Dispense
from tests.factories import (
    DispenseFactory,
    EmployeeFactory,
    InvitationFactory,
    StaffFactory,
)
from tests.forms import forms_of
from tests.second_factor import hold_mailbox, protect, sign_in_fully
from tests.test_rights import address, confirmed_and_ending, signed_in

World = dict[str, Any]

PORTAL: dict[str, str] = {
    "connexion": "anonyme: filled error",
    "mot_de_passe_oublie": "anonyme: filled error",
    "mot_de_passe_fait": "titulaire: filled",
    "mot_de_passe_nouveau": "anonyme: filled error",
    "second_facteur": "protege: filled error",
    "second_facteur_adresse": "centre: filled",
    "second_facteur_activer": "centre: filled error",
    "second_facteur_secours": "protege: filled error",
    "second_facteur_gerer": "verifie: filled",
    "cle_ajouter": "verifie: filled error",
    "mes_informations": "titulaire: filled long error; correspondant: filled; centre: filled",
    "mes_donnees": "titulaire: filled long empty",
    "mon_adresse": "titulaire: filled error",
    "mon_adresse_code": "titulaire: filled error",
    "mon_adresse_retablir": "anonyme: filled replaced",
    "mes_sessions": "titulaire: filled",
    "correspondant_invitation": "anonyme: filled error long",
    "activation_terminee": "titulaire: filled",
    "activation": "anonyme: filled error long used revoked expired; titulaire: filled",
    "activation_lettre": "anonyme: filled",
    "activation_compte": "anonyme: filled error long",
    "activation_pas_moi": "anonyme: filled",
    "pre_affilier": "correspondant: filled error",
    "salarie": "correspondant: filled long",
    "corriger": "correspondant: filled error long",
    "depart": "correspondant: filled error",
    "affiliation": "correspondant: filled error",
    "relancer": "correspondant: filled empty many",
    "equipe": "correspondant: filled error long",
    "equipe_retirer": "correspondant: filled long",
    "guide_a_partager": "correspondant: filled",
    "lettres": "correspondant: filled",
    "aide_correspondant": "correspondant: filled",
    "desabonner": "anonyme: filled",
    "importer": "correspondant: filled empty error long",
    "import_salaries": "correspondant: filled long",
    "import_departs": "correspondant: filled",
    "revoquer": "correspondant: filled long",
    "api_acces": "correspondant: filled empty",
    "jeton_nouveau": "correspondant: filled error",
    "jeton_revoquer": "correspondant: filled",
    "jeton_reprendre": "correspondant: filled",
    "webhook_nouveau": "correspondant: filled error",
    "webhook": "correspondant: filled",
    "webhook_secret": "correspondant: filled",
    "webhook_supprimer": "correspondant: filled",
    "paie": "correspondant: filled empty",
    "paie_profil": "correspondant: filled",
    "paie_modifier": "correspondant: filled error",
    "paie_supprimer": "correspondant: filled",
    "accueil": (
        "titulaire: filled empty long draft in_progress awaiting refused withdrawn accepted confirm ending ended left"
    ),
    "salaries": "correspondant: filled empty long many",
    "salaries?plus=1": "correspondant: filled",
    "salaries?etat=parti": "correspondant: filled",
    "preuves": "correspondant: filled empty error long",
    "puis_je": "anonyme: filled; titulaire: filled",
    "demandes": (
        "titulaire: filled empty long draft in_progress awaiting refused withdrawn accepted confirm ending ended left"
    ),
    "demande_situation": "titulaire: filled error long",
    "demande_motif": "titulaire: filled",
    "demande_justificatifs": "titulaire: filled error long",
    "justificatif_apercu": "titulaire: filled long",
    "demande_documents": "titulaire: filled",
    "demande_verification": "titulaire: filled error long",
    "demande_accuse": "titulaire: filled long",
    "demande_messages": "titulaire: filled error",
    "demande_completer": "titulaire: filled error long",
    "demande_annuler": "titulaire: filled",
    "demande_confirmer": "titulaire: confirm",
    "demande_confirmee": "titulaire: filled",
    "demande_changement": "titulaire: filled error",
    "demande_adhesion": "titulaire: filled error",
    "demande_fin": "titulaire: filled ended",
    "demande_abandonner": "titulaire: filled",
    "api_documentation": "anonyme: filled",
    "mentions_legales": "anonyme: filled",
    "donnees_personnelles": "anonyme: filled",
    "accessibilite": "anonyme: filled",
    "aide": "anonyme: filled",
    "contact": "anonyme: filled error; titulaire: filled error",
}

DESK: dict[str, str] = {
    "admin:index": "centre: filled; administrateur: filled; superuser: filled",
    "admin:password_change_done": "centre: filled",
    "admin:exploitation": "administrateur: filled",
    "admin:app_list": "superuser: filled",
    "admin:accounts_trycount_changelist": "administrateur: filled",
    "admin:accounts_trycount_history": "administrateur: filled",
    "admin:accounts_trycount_change": "administrateur: filled",
    "admin:accounts_apitoken_revoquer": "responsable: filled",
    "admin:accounts_apitoken_changelist": "centre: filled",
    "admin:accounts_apitoken_history": "centre: filled",
    "admin:accounts_apitoken_change": "centre: filled",
    "admin:accounts_journalentry_changelist": "responsable: filled",
    "admin:accounts_journalentry_history": "responsable: filled",
    "admin:accounts_journalentry_change": "responsable: filled",
    "admin:dispenses_motif_changelist": "centre: filled",
    "admin:dispenses_motif_history": "centre: filled",
    "admin:dispenses_motif_change": "administrateur: filled",
    "admin:dispenses_motif_edition": "administrateur: filled error",
    "admin:dispenses_motif_fin": "administrateur: filled",
    "admin:dispenses_motif_apercu": "centre: filled",
    "admin:dispenses_question_changelist": "centre: filled",
    "admin:dispenses_question_history": "centre: filled",
    "admin:dispenses_question_change": "centre: filled",
    "admin:dispenses_standardphrase_changelist": "centre: filled",
    "admin:dispenses_standardphrase_add": "administrateur: filled error",
    "admin:dispenses_standardphrase_history": "centre: filled",
    "admin:dispenses_standardphrase_delete": "administrateur: filled",
    "admin:dispenses_standardphrase_change": "centre: filled",
    "admin:dispenses_dispense_vie": "centre: filled long",
    "admin:dispenses_dispense_journal": "responsable: filled",
    "admin:dispenses_dispense_consultations": "centre: filled",
    "admin:dispenses_dispense_chiffres": "responsable: filled",
    "admin:dispenses_dispense_lot": "responsable: filled",
    "admin:dispenses_dispense_changelist": "centre: filled long many",
    "admin:dispenses_dispense_changelist?q=rien-de-tel": "centre: filled",
    "admin:dispenses_dispense_changelist?statut=toutes": "centre: filled",
    "admin:dispenses_dispense_changelist?suite=confirmer": "centre: filled",
    "admin:dispenses_dispense_history": "centre: filled",
    "admin:dispenses_dispense_change": "centre: filled long awaiting refused accepted confirm ended; superuser: filled",
    "admin:auth_user_password_change": "superuser: filled",
    "admin:accounts_user_changelist": "superuser: filled",
    "admin:accounts_user_add": "superuser: filled error",
    "admin:accounts_user_history": "superuser: filled",
    "admin:accounts_user_change": "superuser: filled",
    "admin:accounts_staffaccount_second_facteur": "administrateur: filled",
    "admin:accounts_staffaccount_changelist": "administrateur: filled",
    "admin:accounts_staffaccount_add": "administrateur: filled error",
    "admin:accounts_staffaccount_history": "administrateur: filled",
    "admin:accounts_staffaccount_change": "administrateur: filled",
    "admin:accounts_correspondent_second_facteur": "administrateur: filled",
    "admin:accounts_employer_ferme": "centre: filled",
    "admin:accounts_employer_changelist": "centre: filled",
    "admin:accounts_employer_add": "administrateur: filled error",
    "admin:accounts_employer_history": "centre: filled",
    "admin:accounts_employer_change": "centre: filled; administrateur: filled long",
    "admin:accounts_correspondent_changelist": "centre: filled",
    "admin:accounts_correspondent_add": "administrateur: filled error",
    "admin:accounts_correspondent_history": "centre: filled",
    "admin:accounts_correspondent_delete": "administrateur: filled",
    "admin:accounts_correspondent_change": "centre: filled",
    "admin:accounts_appointment_changelist": "administrateur: filled",
    "admin:accounts_appointment_history": "administrateur: filled",
    "admin:accounts_appointment_change": "administrateur: filled",
    "admin:accounts_employee_changelist": "centre: filled many",
    "admin:accounts_employee_detacher": "responsable: filled",
    "admin:accounts_employee_history": "centre: filled",
    "admin:accounts_employee_corriger": "centre: filled",
    "admin:dispenses_dispense_comme_le_salarie": "centre: filled",
    "admin:accounts_employee_change": "centre: filled long",
    "admin:notifications_emailtext_message": "administrateur: filled error",
    "admin:notifications_emailtext_changelist": "administrateur: filled",
    "admin:notifications_emailtext_history": "administrateur: filled",
    "admin:notifications_emailtext_change": "administrateur: filled",
    "admin:notifications_outgoingemail_changelist": "centre: filled many",
    "admin:notifications_outgoingemail_history": "centre: filled",
    "admin:notifications_outgoingemail_change": "centre: filled",
    "admin:dispenses_evidencepack_changelist": "responsable: filled",
    "admin:dispenses_evidencepack_history": "responsable: filled",
    "admin:dispenses_evidencepack_change": "responsable: filled",
    "admin:dispenses_listexport_changelist": "responsable: filled",
    "admin:dispenses_listexport_history": "responsable: filled",
    "admin:dispenses_listexport_change": "responsable: filled",
    "admin:dispenses_legalhold_changelist": "responsable: filled",
    "admin:dispenses_legalhold_add": "administrateur: filled error",
    "admin:dispenses_legalhold_history": "responsable: filled",
    "admin:dispenses_legalhold_change": "responsable: filled; administrateur: filled",
    "admin:dispenses_forgetting_changelist": "responsable: filled",
    "admin:dispenses_forgetting_history": "responsable: filled",
    "admin:dispenses_forgetting_change": "responsable: filled",
    "admin:dispenses_transfer_changelist": "responsable: filled",
    "admin:dispenses_transfer_add": "administrateur: filled error",
    "admin:dispenses_transfer_history": "responsable: filled",
    "admin:dispenses_transfer_change": "responsable: filled",
    "admin:dispenses_tombstone_changelist": "responsable: filled",
    "admin:dispenses_tombstone_history": "responsable: filled",
    "admin:dispenses_tombstone_change": "responsable: filled",
    "admin:dispenses_leavingfile_changelist": "administrateur: filled",
    "admin:dispenses_leavingfile_history": "administrateur: filled",
    "admin:dispenses_leavingfile_change": "administrateur: filled",
}

# What only `make run` has: its addresses by name, and one of each (tests/dev_urls.py).
DEVELOPMENT: dict[str, str] = {
    "boite_envoi": "/dev/boite-envoi/",
    "boite_envoi_message": "/dev/boite-envoi/0001_abc/",
    "composants": "/dev/composants/",
}

NO_PAGE: dict[str, tuple[str, ...]] = {
    "leads elsewhere": (
        "admin:login", "admin:logout", "admin:password_change", "mes_donnees_copie", "puis_je_entreprise",
        "demande_nouvelle", "demande_reprendre", "demande_attestation", "admin:dispenses_dispense_suivante",
        "admin:dispenses_dispense_note", "admin:dispenses_dispense_message", "admin:dispenses_dispense_vue_enregistrer",
        "admin:dispenses_dispense_vue", "admin:dispenses_dispense_decision", "admin:dispenses_dispense_annuler",
        "admin:accounts_appointment_decider", "admin:accounts_employee_renvoyer",
        "admin:notifications_emailtext_origine",
    ),
    "a file, or data for a script": (
        "api:openapi-json", "admin:jsi18n", "import_modele_csv", "import_modele_xlsx", "import_erreurs", "paie_au",
        "paie_reprendre", "exporter", "preuves_telecharger", "acte_texte", "lettre_pdf", "lettre_texte",
        "guide_affiche", "justificatif", "justificatif_ensemble",
        "justificatif_page", "demande_recu", "demande_confirmation", "sante", "sante_pret", "metrics", "robots",
        "favicon", "marque", "admin:accounts_journalentry_exporter", "admin:dispenses_dispense_employeurs",
        "admin:dispenses_dispense_page", "admin:dispenses_dispense_justificatif",
        "admin:dispenses_dispense_exporter", "admin:dispenses_dispense_tableau",
        "admin:dispenses_dispense_journal_exporter",
        "admin:dispenses_evidencepack_telecharger", "admin:accounts_employer_texte",
        "admin:accounts_employer_ferme_exporter",
    ),
    "a mail, looked at with the others in tests/browser/test_mails.py": ("admin:notifications_emailtext_essai",),
    "in the middle of what tests/browser plays step by step": (
        "cle_enregistrer", "activation_rattacher", "demande_completer_motif", "admin:dispenses_dispense_lot_resultat",
        "admin:dispenses_dispense_lot_annuler",
    ),
    "of a provider of identities, which the tests of tests/accounts/test_organisation.py have": (
        "organisation", "organisation_retour",
    ),
    "Django’s, which leads nowhere here": ("admin:view_on_site", "gestion/(?P<url>.*)$"),
}  # fmt: skip
"""Addresses that answer a GET with something else than a page, by reason. Those that only take a POST, or that nobody
may open, are found by themselves in tests/test_rights.py."""


@dataclass(frozen=True)
class Line:
    """One page to open. `query`: with what after its address."""

    key: str
    query: str
    role: str
    state: str

    def __str__(self) -> str:
        return f"{self.key}{self.query and '?' + self.query} · {self.role} · {self.state}"


@dataclass(frozen=True)
class Opened:
    """What a browser is given: the address that it shows, the answer, and who it was for."""

    line: Line
    path: str
    response: HttpResponse
    client: Client

    @property
    def html(self) -> str:
        return self.response.content.decode()


def lines(table: dict[str, str]) -> list[Line]:
    found = []
    for name, cells in table.items():
        key, _, query = name.partition("?")
        for cell in cells.split(";"):
            role, _, states = cell.strip().partition(":")
            found += [Line(key, query, role, state) for state in states.split()]
    return found


def groups(table: dict[str, str]) -> dict[tuple[str, str], list[Line]]:
    """The lines by (role, state): the world is put in each state once."""
    found: dict[tuple[str, str], list[Line]] = {}
    for line in lines(table):
        found.setdefault((line.role, line.state), []).append(line)
    return found


# States: each takes the world further, within one test.
LONG_WORD = "Wolfeschlegelsteinhausenbergerdorff"


def _long(world: World) -> None:
    """Names without a place to cut them, addresses that fill their column."""
    User.objects.update(first_name="Marie-Bernadette-Apolline", last_name=LONG_WORD)
    User.objects.update(email=Concat(Value(f"{LONG_WORD}.{LONG_WORD}".lower()), F("email")))
    Employee.objects.update(
        first_name="Marie-Bernadette-Apolline",
        last_name=f"{LONG_WORD}-{LONG_WORD}",
        professional_email=Concat(Value(f"{LONG_WORD}.{LONG_WORD}".lower()), F("professional_email")),
        matricule=Concat(Value("MATRICULE-SANS-FIN-"), F("matricule")),
    )
    Employer.objects.update(name=Concat(Value(f"Établissements {LONG_WORD} & {LONG_WORD} "), F("name")))
    _reload(world)


def named_by_vowels(world: World) -> World:
    """The same world, where « de » and « que » are elided before each name."""
    User.objects.update(first_name="Amel", last_name="Aubert")
    Employee.objects.update(first_name="Élise", last_name="Aubert")
    Employer.objects.update(name="Ateliers du Levant")
    _reload(world)
    return world


def _reload(world: World) -> None:
    for place in ("draft", "sent", "awaiting", "granted"):
        world[place] = Dispense.objects.get(number=world[place].number)
    world["people"] = {role: User.objects.get(pk=user.pk) for role, user in world["people"].items()}


def _many(world: World) -> None:
    """200 more employees: some have sent a request, with its mails and its journal, the others are invited."""
    employer = Employer.objects.get(pk=world["values"]["employer_id"])
    for number in range(200):
        if number < 60:
            DispenseFactory(employee__employer=employer, in_progress=True)
        else:
            InvitationFactory(employee=EmployeeFactory(employer=employer))


def _empty(world: World) -> None:
    """Somebody of the same role, who has nothing yet."""
    people = world["people"]
    people["titulaire"], people["correspondant"] = people["autre"], people["autre_corr"]
    own = Correspondent.objects.get(user=people["autre_corr"])
    world["values"] |= {"employer_id": own.employer_id, "role_id": own.pk}


def _one(**stage: Any) -> Callable[[World], None]:
    """The employee has that one request."""

    def put(world: World) -> None:
        employer = Employer.objects.get(pk=world["values"]["employer_id"])
        dispense = DispenseFactory(employee__employer=employer, **stage)
        world["people"]["titulaire"] = dispense.employee.user
        world |= dict.fromkeys(("draft", "sent", "awaiting", "granted"), dispense)

    return put


def _confirm(world: World) -> None:
    _one(accepted=True)(world)
    today = timezone.localdate()
    Dispense.objects.filter(pk=world["sent"].pk).update(confirm_by=today + timedelta(days=20))


def _ending(world: World) -> None:
    _one(accepted=True)(world)
    confirmed_and_ending(world["sent"])


def _left(world: World) -> None:
    """Their job is over, their dispense with it."""
    _one(ended=True)(world)
    yesterday = timezone.localdate() - timedelta(days=1)
    Employee.objects.filter(pk=world["sent"].employee_id).update(left_on=yesterday, standing=Standing.LEFT)


def _invitation(**dates: Any) -> Callable[[World], None]:
    def put(world: World) -> None:
        Invitation.objects.filter(pk=world["objects"]["accounts/invitation"]).update(**dates)

    return put


def _expired(world: World) -> None:
    sent = timezone.now() - INVITATION_LIFETIME - timedelta(days=1)
    _invitation(sent_at=sent, expires_at=sent + INVITATION_LIFETIME)(world)


def _replaced(world: World) -> None:
    """The address of an account, three days ago at most; its link is the token of the world."""
    token = tokens.mint_token()
    FormerAddress.objects.create(
        user=world["people"]["titulaire"],
        address="virginie.avant@exemple.fr",
        token_hash=tokens.hash_token(token),
        expires_at=timezone.now() + timedelta(days=1),
    )
    world["values"] = world["values"] | {"token": token}


STATES: dict[str, Callable[[World], None]] = {
    "filled": lambda world: None,
    "error": lambda world: None,
    "empty": _empty,
    "long": _long,
    "many": _many,
    "draft": _one(),
    "in_progress": _one(in_progress=True),
    "awaiting": _one(awaiting_complement=True),
    "refused": _one(refused=True),
    "withdrawn": _one(withdrawn=True),
    "accepted": _one(accepted=True),
    "confirm": _confirm,
    "ending": _ending,
    "ended": _one(ended=True),
    "left": _left,
    "used": lambda world: _invitation(used_at=timezone.now())(world),
    "revoked": lambda world: _invitation(revoked_at=timezone.now(), revocation_reason="Départ")(world),
    "expired": _expired,
    "replaced": _replaced,
}


# What is done before the page: who has no account of the world, what the session must hold.
def _new_password(client: Client, world: World) -> None:
    client.get(address("mot_de_passe_nouveau", world), follow=True)


def _registered(client: Client, world: World) -> None:
    client.post(address("activation", world), {"has_personal_email": "non"})


def _address_asked(client: Client, world: World) -> None:
    client.post(reverse("mon_adresse"), {"email": "virginie.nouvelle@exemple.fr", "current": "motdepasse-solide-1"})


def _asked_of_all(client: Client, world: World) -> None:
    hold_mailbox(client, world["people"]["centre"])


BEFORE: dict[str, Callable[[Client, World], None]] = {
    "activation_compte": _registered,
    "mon_adresse_code": _address_asked,
    "second_facteur_activer": _asked_of_all,
}
WITH_SECOND_FACTOR = ("second_facteur", "cle_")


def client_of(line: Line, world: World) -> Client:
    """The browser of who opens that page, once what comes before is done."""
    if line.role == "protege":
        client = Client()
        client.force_login(protect(StaffFactory()), backend="django.contrib.auth.backends.ModelBackend")
    elif line.role == "verifie":
        client = sign_in_fully(Client(), StaffFactory())
    else:
        client = signed_in(line.role, world)
    BEFORE.get(line.key, lambda client, world: None)(client, world)
    return client


def opened(line: Line, world: World, settings: Any) -> Opened:
    """Open a page. Raises AssertionError when it is none, or when its error does not come."""
    settings.PORTAL_SECOND_FACTOR = "tous" if line.key.startswith(WITH_SECOND_FACTOR) else "aucun"
    settings.PORTAL_BASE_URL = "http://localhost"  # where browsers know keys
    client = client_of(line, world)
    path = address(line.key, world) + (f"?{line.query}" if line.query else "")
    response = client.get(path, follow=True)
    if response.redirect_chain:
        asked, path = path, response.redirect_chain[-1][0]
        assert line.key == "mot_de_passe_nouveau" or path == asked, f"{line} mène à {path}"
    assert "html" in response["Content-Type"], f"{line} : {response['Content-Type']}"
    if line.state == "error":
        path, response = _sent_empty(client, path, response)
        assert response.status_code in (200, 400, 422), f"{line} : {response.status_code} après un envoi vide"
    else:
        assert response.status_code in (200, 410), f"{line} : {response.status_code}"
    return Opened(line, path, response, client)


def _sent_empty(client: Client, path: str, page: HttpResponse) -> tuple[str, HttpResponse]:
    """The longest form of the page, with nothing typed in it."""
    forms = [
        form
        for form in forms_of(page.content.decode())
        if form.method == "post" and "deconnexion" not in form.action and "logout" not in form.action
    ]
    assert forms, f"{path} : aucun formulaire à envoyer vide"
    form = max(forms, key=lambda one: len(one.values))
    data = {name: ([""] if name in form.typed and not _counted(name) else held) for name, held in form.values.items()}
    action = urljoin(path, form.action or path)
    return action, client.post(action, {name: held for name, held in data.items() if held})


def _counted(name: str) -> bool:
    """What Django counts the lines of an inline with: nobody types it."""
    return name.endswith(("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS"))


def each(
    table: dict[str, str], role: str, state: str, world: World, settings: Any, shut: list[str]
) -> Iterator[Opened]:
    """Every page of a group, the world in its state; `shut` is given those that do not open."""
    STATES[state](world)
    for line in groups(table)[role, state]:
        try:
            page = opened(line, world, settings)
        except AssertionError as error:
            shut.append(str(error))
        else:
            yield page
