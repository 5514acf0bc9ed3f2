"""Mails belong to the room of their cause: each is declared once, whole, beside it, and the outbox names none."""

import ast
import os
import re
import subprocess
import sys
from dataclasses import fields
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Annotated, get_type_hints

import pytest
from django.apps import apps
from django.conf import settings
from django.template.loader import get_template
from django.test import Client
from django.urls import reverse

from dispenses.request.messages import DispenseAccepted
from notifications import delivery, messages, outbox
from notifications.messages import Mark, Message, PersonName, declared, dump, label_of, load, mail
from notifications.models import EmailText, OutgoingEmail
from tests.factories import AdministratorFactory
from tests.notifications.messages import example

ROOT = Path(settings.BASE_DIR)
ROOMS = ("portal", "dispenses", "accounts", "notifications")


def modules() -> list[Path]:
    return [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts]


@pytest.fixture
def declares_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test declares is forgotten with it."""
    monkeypatch.setattr(messages, "_declared", dict(messages._declared))


def test_every_message_of_a_room_is_declared_once() -> None:
    written = [
        (path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."), node.name)
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") == "Message" for base in node.bases)
    ]
    assert sorted(written) == sorted((message.__module__, message.__name__) for message in declared())
    assert {module.rpartition(".")[2] for module, _ in written} == {"messages"}
    assert all(hasattr(import_module(module), name) for module, name in written)


def test_a_shell_knows_every_message() -> None:
    """Whatever a process imports first, its apps have declared all once they are ready, in the same order."""
    command = (
        "import django; django.setup()\n"
        "from notifications.messages import declared\n"
        "print(*(message.kind for message in declared()))"
    )
    shell = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=True
    )
    assert shell.stdout.split() == [message.kind for message in declared()]


@pytest.mark.parametrize("message", declared(), ids=lambda message: message.kind)
def test_a_message_is_whole(message: type[Message]) -> None:
    assert re.fullmatch(r"[a-z_]{3,30}", message.kind)
    assert message.label
    assert message.subject
    room = message.__module__.removesuffix(".messages").replace(".", "/")
    assert message.template == f"emails/{room}/{message.kind}"
    for ending in ("html", "txt"):
        get_template(f"{message.template}.{ending}")
    hints = get_type_hints(message)
    assert list(message.marks) == [field.name for field in fields(message)]
    for name, mark in message.marks.items():
        assert re.fullmatch(r"[a-z_]+", mark.name)
        assert isinstance(mark.example, hints[name])
        assert mark.link == name.endswith("_url")


def test_labels_tell_the_messages_apart() -> None:
    assert len({message.label for message in declared()}) == len(declared())


def test_the_outbox_names_no_message() -> None:
    kinds = {message.kind for message in declared()}
    names = "|".join(message.__name__ for message in declared())
    for path in (ROOT / "notifications").rglob("*.py"):
        if "migrations" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        said = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
        assert not said & kinds, path
        assert not re.search(rf"\b({names})\b", text), path
    own = {path.name for path in (ROOT / "templates/emails").iterdir() if path.is_file()}
    assert own == {f"{name}.{end}" for name in ("base", "too_late", "written") for end in ("html", "txt")} | {
        "button.html"
    }


@pytest.mark.django_db
@pytest.mark.usefixtures("declares_here")
def test_a_new_mail_touches_its_room_alone(settings, tmp_path: Path, monkeypatch) -> None:
    """A class and two templates: it is written, listed, worded and shown with nothing else."""
    monkeypatch.setattr(outbox, "wake", lambda: None)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [*settings.TEMPLATES[0]["DIRS"], tmp_path]}]

    @mail
    class Essai(Message):
        kind = "essai"
        label = "Essai d’un message"
        subject = "Essai pour {person_name}"
        person_name: PersonName
        on: Annotated[date | None, Mark("jour", date(2027, 1, 31), essential=True)]

    folder = tmp_path / Path(Essai.template).parent
    folder.mkdir(parents=True)
    body = "{% block body %}Bonjour {{ person_name }}, le {{ on|date:'j F Y' }}.{% endblock %}"
    for ending in ("html", "txt"):
        (folder / f"essai.{ending}").write_text(f'{{% extends "emails/base.{ending}" %}}{body}', encoding="utf-8")

    outbox.enqueue(Essai("Virginie", date(2027, 2, 1)), to="a@exemple.fr", dedup_key="1")
    outbox.enqueue_many([outbox.Outgoing(Essai("Virginie", date(2027, 2, 1)), "a@exemple.fr", "2")])
    assert delivery.deliver() == 2

    client = Client()
    client.force_login(AdministratorFactory())
    mails = client.get(reverse("admin:notifications_outgoingemail_changelist"), {"nature": "essai"})
    assert mails.content.decode().count("Essai pour Virginie") == 0
    assert mails.context["cl"].result_count == 2
    assert "Essai d’un message" in mails.content.decode()
    texts = client.get(reverse("admin:notifications_emailtext_changelist")).content.decode()
    assert "Essai pour {nom}" in texts
    page = client.get(reverse("admin:notifications_emailtext_message", args=["essai"])).content.decode()
    assert "Bonjour {nom}, le {jour}." in page


@pytest.mark.django_db
def test_mails_whose_class_is_gone_break_no_page() -> None:
    row = OutgoingEmail.objects.create(
        kind="plus_la", to="a@exemple.fr", subject="Ancien", context="{}", dedup_key="1", message_id="<1@x>"
    )
    text = EmailText.objects.create(kind="plus_la", subject="Ancien", body="Bonjour", written_by="Alix")
    assert str(row) == "E-mail à a@exemple.fr"
    client = Client()
    client.force_login(AdministratorFactory())
    for query in ({}, {"nature": "plus_la"}, {"nature": "invitation"}, {"o": "2"}):
        assert client.get(reverse("admin:notifications_outgoingemail_changelist"), query).status_code == 200
    shown = client.get(reverse("admin:notifications_outgoingemail_change", args=[row.pk])).content.decode()
    assert "plus_la" in shown
    assert client.get(reverse("admin:notifications_emailtext_changelist")).status_code == 200
    assert client.get(reverse("admin:notifications_emailtext_change", args=[text.pk])).status_code == 200
    assert client.get(reverse("admin:notifications_emailtext_message", args=["plus_la"])).status_code == 404
    with pytest.raises(ValueError, match="plus_la"):
        load("plus_la", "{}")
    assert delivery.deliver() == 0  # no body was written, none can be: tried again, then given up
    row.refresh_from_db()
    assert (row.status, row.last_error) == ("retry", "ValueError")


def test_what_waits_with_its_values_comes_back_whole() -> None:
    for kind in declared():
        assert load(kind.kind, dump(example(kind))) == example(kind)
    unlimited = example(DispenseAccepted, ends_on=None)
    assert load(DispenseAccepted.kind, dump(unlimited)) == unlimited


@pytest.mark.usefixtures("declares_here")
def test_a_message_without_its_marks_stops_the_start() -> None:
    with pytest.raises(TypeError, match="repère"):

        @mail
        class Bare(Message):
            kind = "nu"
            label = "Nu"
            subject = "Nu"
            person_name: str

    with pytest.raises(TypeError, match="même repère"):

        @mail
        class Twice(Message):
            kind = "deux"
            label = "Deux"
            subject = "Deux"
            first: PersonName
            second: PersonName

    with pytest.raises(ValueError, match=r"accounts\.messages\.Invitation"):

        @mail
        class Taken(Message):
            kind = "invitation"
            label = "Prise"
            subject = "Prise"


def test_an_unknown_kind_is_its_own_label() -> None:
    assert label_of("invitation") == "Invitation"
    assert label_of("plus_la") == "plus_la"
    assert apps.get_model("notifications", "OutgoingEmail")._meta.get_field("kind").choices is None
