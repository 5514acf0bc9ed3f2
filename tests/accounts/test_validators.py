"""Passwords: what anyone would guess is refused, what nobody would is not, in plain French."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaa", "azertyuiopqs", "qsdfghjklmwx", "123456789012", "motdepasse2026", "bonjour12345",
        "abcabcabcabc", "jetaimejetaime", "éééééééééééé", "Virginie1234", "durandvirginie", "virginie.durand",
        "ateliersdulevant",
        "marseille13012", "password1234", "a" * 4096,
    ],
)  # fmt: skip
def test_what_anyone_would_guess_is_refused(password: str) -> None:
    person = UserFactory.build(first_name="Virginie", last_name="Durand", email="virginie.durand@exemple.fr")
    person.employer_name = "Ateliers du Levant"
    with pytest.raises(ValidationError) as caught:
        validate_password(password, person)
    assert "trop facile à deviner" in " ".join(caught.value.messages)


@pytest.mark.parametrize(
    "password",
    [
        "tournesol-violet",
        "un cheval bleu dans la neige",
        "x7f!kq0zP2mm",
        "lampe tiroir givre",
        "李雷和韩梅梅在学校里学习",
    ],
)
def test_what_nobody_would_guess_is_taken(password: str) -> None:
    validate_password(password, UserFactory.build(first_name="Violette", last_name="Tournelle"))


def test_eleven_characters_are_one_too_few() -> None:
    person = UserFactory.build()
    validate_password("x7f!kq0zP2mm", person)
    with pytest.raises(ValidationError, match="12"):
        validate_password("x7f!kq0zP2m", person)
