"""Form pieces shared by the apps (portal/lib/fields.py) and the templates that show them."""

from datetime import date

import pytest
from django import forms
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from portal.lib.fields import PersonNameField, ThreePartDateField


class HiringForm(forms.Form):
    hired_on = ThreePartDateField(
        label="Date d’embauche", min_date=date(1950, 1, 1), max_date=lambda: date(2026, 11, 23)
    )


class FreeForm(forms.Form):
    until = ThreePartDateField(label="Couverture jusqu’au", required=False)


class NameForm(forms.Form):
    first_name = PersonNameField(label="Prénom")


def _typed(*parts):
    return {f"hired_on_{index}": part for index, part in enumerate(parts)}


@pytest.mark.parametrize(
    "parts",
    [
        ("5", "9", "2018"),
        ("05", "09", "2018"),
        (" 05 ", "09", " 2018"),
        ("05/09/2018", "", ""),
        ("5.9.2018", "", ""),
        ("05 09 2018", "", ""),
        ("2018-09-05", "", ""),
    ],
)
def test_date_is_read(parts):
    form = HiringForm(_typed(*parts))

    assert form.is_valid()
    assert form.cleaned_data["hired_on"] == date(2018, 9, 5)


@pytest.mark.parametrize(
    ("parts", "message", "control"),
    [
        (("", "", ""), "Indiquez la date d’embauche", 0),
        (("5", "9", ""), "La date d’embauche doit comporter une année", 2),
        (("5", "", ""), "La date d’embauche doit comporter un mois et une année", 1),
        (("", "9", "2018"), "La date d’embauche doit comporter un jour", 0),
        (("31", "2", "2018"), "Cette date n’existe pas : vérifiez la date d’embauche", 0),
        (("29", "2", "2023"), "Cette date n’existe pas : vérifiez la date d’embauche", 0),
        (("5", "13", "2018"), "Le mois de la date d’embauche doit être compris entre 1 et 12", 1),
        (("32", "1", "2018"), "Le jour de la date d’embauche doit être compris entre 1 et 31", 0),
        (("5", "9", "18"), "L’année de la date d’embauche doit comporter 4 chiffres", 2),
        (("5", "9", "20188"), "L’année de la date d’embauche doit comporter 4 chiffres", 2),
        (("5", "9", "0018"), "L’année de la date d’embauche doit comporter 4 chiffres", 2),
        (("5", "septembre", "2018"), "Le mois de la date d’embauche doit s’écrire en chiffres", 1),
        (("٥", "9", "2018"), "Le jour de la date d’embauche doit s’écrire en chiffres", 0),
        (("5\x00", "9", "2018"), "Le jour de la date d’embauche doit s’écrire en chiffres", 0),
        (("9" * 20, "9", "2018"), "Le jour de la date d’embauche doit s’écrire en chiffres", 0),
        (("-5", "9", "2018"), "Le jour de la date d’embauche doit s’écrire en chiffres", 0),
        (("31", "12", "1949"), "La date d’embauche doit être le 1er janvier 1950 ou après", 0),
        (("24", "11", "2026"), "La date d’embauche doit être le 23 novembre 2026 ou avant", 0),
    ],
)
def test_wrong_date_is_named_kept_and_linked(parts, message, control):
    form = HiringForm(_typed(*parts))

    assert [text.replace("\u00a0", " ") for text in form.errors["hired_on"]] == [message]
    page = form["hired_on"].as_field_group()
    for part in parts:
        assert not part or f'value="{part}"' in page
    assert f'href="#id_hired_on_{control}"' in render_to_string("partials/errors.html", {"form": form})
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="id_hired_on_error"' in page


def test_optional_date_may_be_empty():
    form = FreeForm({})

    assert form.is_valid()
    assert form.cleaned_data["until"] is None
    assert "(facultatif)" in form["until"].as_field_group()


def test_label_that_is_no_date_is_quoted():
    form = FreeForm({"until_0": "5", "until_1": "", "until_2": "2020"})

    assert form.errors["until"] == ["La date «\u00a0Couverture jusqu’au\u00a0» doit comporter un mois"]


def test_stored_date_is_shown_in_three_inputs():
    page = HiringForm(initial={"hired_on": date(2018, 9, 5)})["hired_on"].as_field_group()

    assert all(f'value="{part}"' in page for part in ("05", "09", "2018"))
    assert 'inputmode="numeric"' in page
    assert "required" not in page


def test_unchanged_date_has_not_changed():
    form = HiringForm(_typed("5", "9", "2018"), initial={"hired_on": date(2018, 9, 5)})

    assert not form.has_changed()


@given(st.tuples(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12)))
def test_no_text_breaks_the_date(parts):
    form = HiringForm(_typed(*parts))

    assert form.is_valid() or form.errors["hired_on"]
    assert form["hired_on"].as_field_group()


@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2026, 11, 23)))
def test_every_real_date_is_read(day):
    assert HiringForm(_typed(str(day.day), str(day.month), str(day.year))).is_valid()


@pytest.mark.parametrize("name", ["Zoé", "Jean-Pierre", "N’Guyen", "O'Neill", "李", "محمد", "D'Arc de la Tour", "Ñ"])
def test_names_of_any_script_are_accepted(name):
    form = NameForm({"first_name": f"  {name} "})

    assert form.is_valid(), form.errors
    assert form.cleaned_data["first_name"] == name


@pytest.mark.parametrize(
    "name", ["A\nB", "A\r\nBcc: x", "A\x07", "A\u202eB", "A\u2066B", "A\u200bB", "A\u2028B", "A\x00B"]
)
def test_invisible_characters_are_refused(name):
    form = NameForm({"first_name": name})

    assert len(form.errors["first_name"]) == 1


def test_name_messages_name_the_field():
    assert NameForm({}).errors["first_name"] == ["Indiquez le prénom"]
    assert NameForm({"first_name": "a" * 101}).errors["first_name"] == ["Prénom\u00a0: 100 caractères au maximum"]


def test_decomposed_accents_are_composed():
    form = NameForm({"first_name": "Zoe\u0301"})

    assert form.is_valid()
    assert form.cleaned_data["first_name"] == "Zoé"


def test_summary_links_each_control():
    class ChoiceForm(forms.Form):
        choice = forms.ChoiceField(label="Choix", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
        word = forms.CharField(label="Mot", widget=forms.PasswordInput, help_text="Un seul.")

    form = ChoiceForm({})
    summary = render_to_string("partials/errors.html", {"form": form})

    assert "Renseignez «\u00a0Mot\u00a0»" in summary
    assert "Choisissez une réponse à «\u00a0Choix\u00a0»" in form["choice"].as_field_group()
    assert "Il y a 2&nbsp;points à corriger" in summary
    assert 'href="#id_choice_0"' in summary
    assert 'href="#id_word"' in summary
    assert "data-ea-pw" in form["word"].as_field_group()
    assert 'aria-describedby="id_word_helptext id_word_error"' in form["word"].as_field_group()
