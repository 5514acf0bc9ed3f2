"""A believable small world for `make run`: two employers, a correspondent each, employees at every stage."""

from datetime import date, timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from accounts import services as people
from accounts.employee.fields import Declared
from accounts.enums import ActeKind, ContractType
from accounts.models import Acte, Correspondent, Employee, Employer, Invitation, User
from dispenses.desk.add_note import add_note
from dispenses.enums import Judged
from dispenses.request import contents, sending
from dispenses.request.contents import PieceState
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.complement import ComplementContent
from dispenses.request.decisions.refuse import RefuseContent
from dispenses.request.decisions.registry import decide
from dispenses.request.decisions.verdicts import Judgement
from portal.dev import demo_company, demo_lives, demo_motifs, demo_queue
from portal.dev.demo_requests import prepare

PASSWORD = "demo-dispense-2026"
ACCOUNTS = (
    ("salariée", "virginie.durand@exemple.fr"),
    ("salarié, dispense à confirmer", "gwenael.lebihan@perso.exemple"),
    ("salariée, à confirmer avec un document", "yasmine.haddou@perso.exemple"),
    ("salarié, dispense finie", "olivier.stephan@perso.exemple"),
    ("salariée embauchée de nouveau", "anais.quere@perso.exemple"),
    ("correspondante RH", "nadia.roche@levant.exemple"),
    ("correspondante RH, vie des dispenses", demo_lives.CORRESPONDENT),
    ("centre de gestion", "gestion@mutuelle.exemple"),
    ("responsable", "responsable@mutuelle.exemple"),
    ("administrateur", "administration@mutuelle.exemple"),
    ("superutilisateur", "admin@mutuelle.exemple"),
)


def _user(email: str, first_name: str, last_name: str, *, staff: bool = False, superuser: bool = False) -> User:
    return User.objects.create_user(
        email, None, first_name=first_name, last_name=last_name, is_staff=staff or superuser, is_superuser=superuser
    )


def _employee(
    employer: Employer, by: User, first: str, last: str, matricule: str, hired_on: date, *, reached: bool = True
) -> Employee:
    """An employee declared; not `reached`: without an address."""
    address = f"{first}.{last}@levant.exemple".lower().replace("è", "e")
    return people.pre_affiliate(
        by=by,
        employer=employer,
        declared=Declared(
            first_name=first,
            last_name=last,
            professional_email=address if reached else "",
            matricule=matricule,
            hired_on=hired_on,
            contract_type=ContractType.CDI,
        ),
    )


def _activate(employee: Employee, email: str) -> User:
    """Open the account without the mailed link, which only the mailbox knows."""
    now = timezone.now()
    user = _user(email, employee.first_name, employee.last_name)
    Invitation.objects.filter(employee=employee).update(used_at=now)
    employee.user, employee.activated_at = user, now
    employee.save(update_fields=["user", "activated_at"])
    return user


def _judged(piece: PieceState, verdict: Judged, reason: str = "") -> Judgement:
    return Judgement(piece.code, piece.label, verdict.value, reason)


def load() -> bool:
    """Fill an empty database. Returns False, and changes nothing, when there is already an employer."""
    if Employer.objects.exists():
        return False
    with transaction.atomic():
        _load()
        User.objects.update(password=make_password(PASSWORD))  # everybody's: hashing is slow
    return True


def _load() -> None:
    levant = Employer.objects.create(
        name="Ateliers du Levant", siret="73282932000074", enrolment_url="https://adhesion.mutuelle.example/levant"
    )
    nord = Employer.objects.create(name="Comptoir du Nord", siret="55208131766522")
    for employer in (levant, nord):
        Acte.objects.create(
            employer=employer,
            kind=ActeKind.DUE,
            in_force_from=date(2016, 1, 1),
            employee_share_from=date(2016, 1, 1),
            opened_motifs=["cdd_12_mois_et_plus", "cdd_moins_12_mois", "temps_partiel"],
        )
    nadia = _user("nadia.roche@levant.exemple", "Nadia", "Roche")
    Correspondent.objects.create(user=nadia, employer=levant)
    karim = _user("karim.lemoine@nord.exemple", "Karim", "Lemoine")
    Correspondent.objects.create(user=karim, employer=nord)
    gestion = _user("gestion@mutuelle.exemple", "Martine", "Colas", staff=True)
    gestion.groups.add(Group.objects.get(name=people.GESTIONNAIRE))
    lead = _user("responsable@mutuelle.exemple", "Hélène", "Marchand", staff=True)
    lead.groups.add(Group.objects.get(name=people.RESPONSABLE))
    administrator = _user("administration@mutuelle.exemple", "Idris", "Lenoir", staff=True)
    administrator.groups.add(Group.objects.get(name=people.ADMINISTRATEUR))
    _user("admin@mutuelle.exemple", "Alex", "Admin", superuser=True)

    today = timezone.localdate()
    since = {"couverture_depuis": f"01/01/{today.year - 3}"}
    conjoint = {"nature_contrat": "collective", "assureur": "Mutuelle du Lac", "titulaire": "Paul Durand", **since}
    until = {**since, "couverture_jusquau": (today + timedelta(days=200)).strftime("%d/%m/%Y")}
    virginie = _employee(levant, nadia, "Virginie", "Durand", "L-20401", date(2018, 9, 3))
    _activate(virginie, "virginie.durand@exemple.fr")

    louis = _employee(levant, nadia, "Louis", "Petit", "L-20422", today - timedelta(days=20))
    user = _activate(louis, "louis.petit@exemple.fr")
    waiting = sending.submit(dispense=prepare(louis, "conjoint", conjoint), user=user)
    decide(
        ComplementContent(
            message="L’attestation reçue ne vous cite pas. Joignez une attestation à votre nom.",
            judgements=(
                _judged(contents.pieces(waiting)[0], Judged.REJECTED, "Elle ne cite pas votre nom."),
                _judged(contents.pieces(waiting)[1], Judged.ACCEPTED),
            ),
        ),
        dispense=waiting,
        user=gestion,
    )

    add_note(dispense=waiting, author=gestion, text="Appelé le salarié\xa0: il demande l’attestation à son assureur.")

    ines = _employee(levant, nadia, "Inès", "Garnier", "L-20431", today - timedelta(days=12))
    user = _activate(ines, "ines.garnier@exemple.fr")
    sending.submit(dispense=prepare(ines, "c2s", until), user=user)

    claire = _employee(levant, nadia, "Claire", "Morel", "L-20433", today - timedelta(days=6))
    user = _activate(claire, "claire.morel@exemple.fr")
    sending.submit(dispense=prepare(claire, "conjoint", conjoint, pages=3), user=user)

    marc = _employee(levant, nadia, "Marc", "Vidal", "L-20377", today - timedelta(days=90))
    user = _activate(marc, "marc.vidal@exemple.fr")
    sent = sending.submit(
        dispense=prepare(marc, "individuelle", {"assureur": "Mutuelle des Rives", **until}), user=user
    )
    decide(AcceptContent(), dispense=sent, user=gestion)

    sofia = _employee(levant, nadia, "Sofia", "Rey", "L-20380", today - timedelta(days=60))
    user = _activate(sofia, "sofia.rey@exemple.fr")
    sent = sending.submit(dispense=prepare(sofia, "conjoint", conjoint), user=user)
    decide(
        RefuseContent(
            reason="La carte transmise est celle d’un contrat individuel, qui ne relève pas de ce motif.",
            rule="Code de la sécurité sociale, art. D911-2, 3° a",
            de_droit=True,
        ),
        dispense=sent,
        user=gestion,
    )
    _employee(levant, nadia, "Amel", "Benali", "L-20417", today - timedelta(days=21))
    zoe = _employee(levant, nadia, "Zoé", "Weber", "L-20428", today - timedelta(days=15), reached=False)
    people.print_letters(employer=levant, employees=[zoe], by=nadia)
    _employee(nord, karim, "Hugo", "Faure", "N-00017", today - timedelta(days=5))
    demo_motifs.write_text(levant.actes.get(), administrator)
    demo_lives.load(reviewer=gestion)
    demo_queue.load(reviewer=gestion, lead=lead)
    demo_company.load(employer=levant, by=nadia)
