"""Keys that change: nobody loses a session, a link, a mail that waits, a NIR or a second factor."""

import json
import re
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core import mail as outbox
from django.core.management import CommandError, call_command
from django.db import models, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services, tokens
from accounts.exceptions import ActivationRefused
from accounts.imports import keys, runs
from accounts.messages import AddressCode
from accounts.models import Authenticator, Employee, ImportRun, RecoveryCode, Session, User
from accounts.nir import PURPOSE as NIR
from accounts.nir import seal_nir, unsealed_nir
from accounts.services.address_code import check_address_code, send_address_code
from accounts.sessions import PENDING
from notifications.delivery import deliver
from notifications.models import OutgoingEmail, WebhookEndpoint
from notifications.models.webhooks import PURPOSE as WEBHOOK
from notifications.outbox import Outgoing, enqueue, enqueue_many
from notifications.webhooks import endpoints
from portal.lib import rotation, sealing
from tests.accounts.company_files import as_csv, person, upload
from tests.accounts.mails import last_code
from tests.factories import (
    PASSWORD,
    CorrespondentFactory,
    EmployeeFactory,
    InvitationFactory,
    StaffFactory,
    UserFactory,
)
from tests.passkeys import ORIGIN, SoftwareKey
from tests.second_factor import SECRET, code_of, hold_mailbox, protect, sign_in_fully

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("second_factor")]
OLD, NEW, OWN, NEXT_OWN = (f"clef-{number}-" + "0123456789" * 5 for number in range(4))
NUMBER = "295109912611193"
HOME = reverse("mes_informations")


@pytest.fixture(autouse=True)
def _old_key(settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS, settings.PORTAL_SEALING_KEYS = OLD, [], []


def change(settings: Any, secret: str, *former: str, sealing: tuple[str, ...] = ()) -> None:
    """What an operator does: other variables, and new processes."""
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = secret, list(former)
    settings.PORTAL_SEALING_KEYS = list(sealing)


def rotate(*options: str) -> str:
    said = StringIO()
    call_command("rotate_keys", *options, stdout=said)
    return said.getvalue()


def browser(user: User) -> Client:
    client = Client()
    assert client.post(reverse("connexion"), {"username": user.email, "password": PASSWORD}).status_code == 302
    return client


def code_message(code: str) -> AddressCode:
    return AddressCode(person_name="Virginie Durand", code=code, minutes=15)


def brought(nir: str) -> ImportRun:
    role = CorrespondentFactory()
    run = runs.start(employer=role.employer, by=role.user, upload=upload(as_csv([person(1, nir=nir), person(2)])))
    runs.work(run.pk)
    run.refresh_from_db()
    assert run.status == "ready"
    return run


class Everything:
    """Something of each kind that a key protects, made under the key of today."""

    def __init__(self) -> None:
        self.visitor, self.absent = browser(UserFactory()), browser(UserFactory())
        self.staff = protect(StaffFactory())
        self.desk = sign_in_fully(Client(), self.staff)
        self.recovery = services.renew_recovery_codes(user=self.staff)
        self.newcomer = hold_mailbox(browser(CorrespondentFactory().user), User.objects.latest("pk"))
        self.offered = self._secret_shown()
        self.employee = EmployeeFactory(sealed_nir=seal_nir(NUMBER))
        with transaction.atomic():
            enqueue(code_message("111111"), to="un@exemple.fr", dedup_key="un")
            enqueue_many([Outgoing(code_message("222222"), "deux@exemple.fr", "deux")])
        self.endpoint, self.former_secret = endpoints.add(owner="employer:1", url="https://93.184.216.34/")
        self.secret = endpoints.rotate(endpoint=self.endpoint)
        self.run = brought(NUMBER)

    def _secret_shown(self) -> str:
        page = self.newcomer.get(reverse("second_facteur_activer")).content.decode()
        found = re.search(r'<code class="ea-break">([A-Z2-7 ]+)</code>', page)
        assert found
        return found[1]

    def is_whole(self, *, codes: int) -> None:
        """Each is used as its owner would; `codes`: how many recovery codes are left before."""
        for client in (self.visitor, self.absent):
            assert client.get(HOME).status_code == 200
        assert self.desk.get(reverse("admin:index")).status_code == 200
        services.check_second_factor(user=self.staff, code=code_of(SECRET))
        assert services.use_recovery_code(user=self.staff, code=self.recovery[codes - 1]) == codes - 1
        assert self._secret_shown() == self.offered
        self.employee.refresh_from_db()
        assert unsealed_nir(self.employee.sealed_nir) == NUMBER
        self.endpoint.refresh_from_db()
        assert sealing.unseal(self.endpoint.sealed_secret, WEBHOOK) == self.secret
        assert sealing.unseal(self.endpoint.sealed_former_secret, WEBHOOK) == self.former_secret

    def ends_well(self) -> None:
        """What waits leaves and is written."""
        outbox.outbox.clear()
        deliver()
        bodies = {message.to[0]: message.body for message in outbox.outbox}
        assert "111111" in bodies["un@exemple.fr"]
        assert "222222" in bodies["deux@exemple.fr"]
        self.run.refresh_from_db()
        assert runs.confirm(run=self.run, by=self.run.created_by)
        runs.work(self.run.pk)
        written = Employee.objects.get(employer=self.run.employer, matricule=person(1)["matricule"])
        assert unsealed_nir(written.sealed_nir) == NUMBER


@pytest.mark.parametrize("own", [False, True], ids=["secret key", "own keys"])
def test_a_whole_rotation_loses_nothing(own: bool, settings: Any) -> None:
    """The steps of docs/deployment.md, in their order."""
    first, both, second = ((OWN,), (NEXT_OWN, OWN), (NEXT_OWN,)) if own else ((), (), ())
    with time_machine.travel(timezone.now(), tick=False) as clock:
        change(settings, OLD, sealing=first)
        all_of_it = Everything()
        all_of_it.is_whole(codes=10)
        change(settings, OLD, NEW, sealing=first and (OWN, NEXT_OWN))
        clock.shift(60)
        all_of_it.is_whole(codes=9)
        change(settings, NEW, OLD, sealing=both)
        with pytest.raises(CommandError, match="encore sous une ancienne clé"):
            rotate("--check")
        clock.shift(60)
        all_of_it.is_whole(codes=8)
        assert "import, lignes en attente\xa0: 1 valeur scellée à nouveau" in rotate()
        assert " 0 valeur sous une ancienne clé" in rotate("--check")
        change(settings, NEW, sealing=second)
        clock.shift(60)
        all_of_it.is_whole(codes=7)
        all_of_it.ends_well()


def test_the_secret_key_may_go_at_once_when_seals_have_a_key_of_their_own(settings: Any) -> None:
    """A secret key that leaked: people sign in again, and nothing that is kept is lost."""
    employee, user = EmployeeFactory(sealed_nir=seal_nir(NUMBER)), protect(StaffFactory())
    codes = services.renew_recovery_codes(user=user)
    change(settings, OLD, sealing=(OWN,))
    rotate()
    change(settings, NEW, sealing=(OWN,))
    employee.refresh_from_db()
    assert unsealed_nir(employee.sealed_nir) == NUMBER
    services.check_second_factor(user=user, code=code_of(SECRET))
    assert services.use_recovery_code(user=user, code=codes[0]) == 9


def test_processes_of_before_and_after_open_what_the_others_seal(settings: Any) -> None:
    before, after = (OLD, NEW), (NEW, OLD)
    for mine, theirs in ((before, after), (after, before)):
        change(settings, *mine)
        sealed, client = seal_nir(NUMBER), browser(UserFactory())
        change(settings, *theirs)
        assert unsealed_nir(sealed) == NUMBER
        assert client.get(HOME).status_code == 200


def test_two_pages_of_a_browser_at_once_after_the_change_both_stay_signed_in(settings: Any) -> None:
    first = browser(UserFactory())
    second = Client()
    second.cookies = first.cookies.copy()  # sent before the answer to the first is there
    change(settings, NEW, OLD)
    assert first.get(HOME).status_code == 200
    assert second.get(HOME).status_code == 200
    assert Session.objects.count() == 1


def test_links_and_codes_that_are_out_still_open(settings: Any) -> None:
    user = UserFactory()
    link, colleague = tokens.password_links.make_token(user), CorrespondentFactory()
    stop = services.digest_token(colleague)
    invitation = InvitationFactory()
    address = "a@perso.exemple"
    personal = {"has_personal_email": "oui", "personal_email": address, "personal_email_again": address}
    Client().post(reverse("activation", args=[invitation.token]), personal)
    send_address_code(user=user)
    change(settings, NEW, OLD)
    assert tokens.password_links.check_token(user, link)
    assert services.role_of_token(stop) == colleague
    check_address_code(user=user, code=last_code(user.email))
    code, found = last_code(address), services.find_invitation(invitation.token)
    assert found
    with pytest.raises(ActivationRefused):
        services.activate(invitation=found, password=PASSWORD, code=f"{(int(code) + 1) % 10**6:06d}")
    assert services.activate(invitation=found, password=PASSWORD, code=code).email == address


def test_a_challenge_a_session_s_name_and_a_known_device_too(settings: Any) -> None:
    settings.PORTAL_BASE_URL = ORIGIN
    user, key = protect(StaffFactory()), SoftwareKey()
    options = services.options_to_add(user=user, session_key="une-session")
    here, there = browser(UserFactory()), None
    there = browser(User.objects.latest("pk"))
    (reference,) = re.findall(r'name="session" value="(\w+)"', here.get(reverse("mes_sessions")).content.decode())
    change(settings, NEW, OLD)
    services.add_passkey(user=user, session_key="une-session", name="Clé", response=key.create(options))
    here.post(reverse("mes_sessions"), {"session": reference})
    assert there.get(HOME).status_code == 302
    told = OutgoingEmail.objects.filter(kind="new_device").count()
    here.post(reverse("deconnexion"))
    here.post(reverse("connexion"), {"username": User.objects.latest("pk").email, "password": PASSWORD})
    assert here.get(HOME).status_code == 200
    assert OutgoingEmail.objects.filter(kind="new_device").count() == told


def test_without_the_former_key_nothing_of_it_opens(settings: Any) -> None:
    user, client = UserFactory(), browser(UserFactory())
    link, sealed = tokens.password_links.make_token(user), seal_nir(NUMBER)
    change(settings, NEW)
    assert not tokens.password_links.check_token(user, link)
    assert client.get(HOME).status_code == 302
    EmployeeFactory(sealed_nir=sealed)
    said = "salarié, NIR chiffré\xa0: 0 valeur scellée à nouveau, 0 sous la première, 1 que plus aucune clé n’ouvre"
    assert said in rotate()


def test_recovery_codes_of_before_hold_while_their_key_is_there_and_are_told(settings: Any) -> None:
    user = protect(StaffFactory())
    message = tokens._recovery_message("abcd-efgh-jkmn", user.pk)
    RecoveryCode.objects.create(user=user, code_hash=tokens.Keyed(message).hashed())
    change(settings, NEW, OLD)
    assert "1 code de secours d’une ancienne version" in rotate()
    assert services.use_recovery_code(user=user, code="ABCD EFGH JKMN") == 0


def test_a_rotation_that_was_stopped_goes_on(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "BATCH", 2)
    people = [EmployeeFactory(sealed_nir=seal_nir(NUMBER)) for _ in range(5)]
    change(settings, NEW, OLD)
    write, calls = rotation._write, []

    def stopped(*given: Any) -> None:
        calls.append(given)
        if len(calls) == 2:
            raise KeyboardInterrupt
        write(*given)

    monkeypatch.setattr(rotation, "_write", stopped)
    with pytest.raises(KeyboardInterrupt):
        rotate()
    monkeypatch.setattr(rotation, "_write", write)
    assert "salarié, NIR chiffré\xa0: 3 valeurs scellées à nouveau, 2 sous la première" in rotate()
    for employee in people:
        employee.refresh_from_db()
        assert sealing.sealed_anew(employee.sealed_nir, NIR) is None


def test_what_changes_during_a_rotation_is_not_written_over(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    employee = EmployeeFactory(sealed_nir=seal_nir(NUMBER))
    change(settings, NEW, OLD)
    write, other = rotation._write, "253072A07300443"

    def after_a_correspondent(*given: Any) -> None:
        Employee.objects.filter(pk=employee.pk).update(sealed_nir=seal_nir(other))
        write(*given)

    monkeypatch.setattr(rotation, "_write", after_a_correspondent)
    rotate()
    employee.refresh_from_db()
    assert unsealed_nir(employee.sealed_nir) == other


@pytest.mark.parametrize("moment", ["random_import_key", "File"], ids=["before the new file", "as it is stored"])
def test_an_import_launched_meanwhile_keeps_its_lines(
    moment: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = brought(NUMBER)
    change(settings, NEW, OLD)
    made = getattr(keys, moment)

    def launched(*given: Any) -> Any:
        assert runs.confirm(run=run, by=run.created_by)
        return made(*given)

    monkeypatch.setattr(keys, moment, launched)
    with pytest.raises(CommandError, match="quand les imports en cours sont finis"):
        rotate()
    ImportRun.objects.update(leased_until=None)  # the three minutes of the rotation are over
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, run.created) == ("done", 2)
    rotate()
    rotate("--check")
    runs.purge()
    storage = run.rows.storage
    kept = [f"{folder}/{name}" for folder in storage.listdir("")[0] for name in storage.listdir(folder)[1]]
    assert kept == [run.errors.name]


def test_new_lines_of_an_import_leave_no_file_behind(settings: Any) -> None:
    run = brought(NUMBER)
    before = str(run.rows.name)
    change(settings, NEW, OLD)
    rotate()
    run.refresh_from_db()
    assert (str(run.rows.name) != before, run.source.name, run.leased_until) == (True, "", None)
    assert not run.rows.storage.exists(before)
    with run.rows.open("rb") as file:
        assert [json.loads(line)[0] for line in file] == [2, 3]


def test_each_sealed_column_is_known_to_the_rotation() -> None:
    known = {f"{field.model.__name__}.{field.name}" for field in rotation.columns()}
    named = {
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, models.TextField) and field.name.startswith("sealed_")
    }
    mails = {f"OutgoingEmail.{name}" for name in ("text_body", "html_body", "context")}
    assert known == named | mails
    assert {model.__name__ for model in (Authenticator, WebhookEndpoint)} <= {name.partition(".")[0] for name in known}


def test_batches_follow_one_another_by_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "BATCH", 3)
    for _ in range(7):
        EmployeeFactory(sealed_nir=seal_nir(NUMBER))
    seen: list[Any] = []
    changed = rotation._changed

    def watched(batch: Any, *given: Any) -> Any:
        seen.extend(pk for pk, _ in batch)
        assert len(batch) <= 3
        return changed(batch, *given)

    monkeypatch.setattr(rotation, "_changed", watched)
    field = Employee._meta.get_field("sealed_nir")
    assert rotation.rotate_column(field, check=False).right == 7
    assert len(seen) == 7
    assert all(one < other for one, other in pairwise(seen))


def test_a_secret_offered_is_sealed_again_in_its_session(settings: Any) -> None:
    client = hold_mailbox(browser(CorrespondentFactory().user), User.objects.latest("pk"))
    client.get(reverse("second_facteur_activer"))
    kept = client.session[PENDING]
    change(settings, NEW, OLD)
    rotate()
    change(settings, NEW)
    assert tokens.unseal(client.session[PENDING])
    assert client.session[PENDING] != kept


def test_a_secret_offered_that_no_key_opens_signs_nobody_out(settings: Any) -> None:
    change(settings, OLD, sealing=(OWN,))
    client = hold_mailbox(browser(CorrespondentFactory().user), User.objects.latest("pk"))
    client.get(reverse("second_facteur_activer"))
    change(settings, NEW, OLD, sealing=(NEXT_OWN,))
    rotate()
    change(settings, NEW, sealing=(NEXT_OWN,))
    assert client.get(reverse("second_facteur_activer")).status_code == 200
    assert tokens.unseal(client.session[PENDING]), "another one"
