"""Every decision is whole: its transition, its content stored and told, its form; what was stored is still read."""

import json
from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispenses.enums import Correction, Judged
from dispenses.models import PendingDecision
from dispenses.request.bulk import REASSIGNMENT, Order
from dispenses.request.decisions import registry
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.complement import ComplementContent
from dispenses.request.decisions.content import LABEL, Content
from dispenses.request.decisions.refuse import RefuseContent
from dispenses.request.decisions.registry import DECISIONS
from dispenses.request.decisions.reinstate import ReinstateContent
from dispenses.request.decisions.reopen import ReopenContent
from dispenses.request.decisions.uphold import UpholdContent
from dispenses.request.decisions.verdicts import Judgement
from dispenses.workflow import TRANSITIONS, Role

CARD = Judgement("carte_mutuelle", "Carte", "rejected", "Illisible.")
# Fields without words under their own name: what the whole says for them, or a ticked confirmation.
WORDLESS = {
    ("request_complement", "judgements"),
    ("request_complement", "corrections"),
    ("uphold", "causes"),
    ("refuse", "de_droit"),
}

JUDGEMENTS = st.builds(Judgement, st.text(), st.text(), st.sampled_from(Judged.values), st.text())
CONTENTS: st.SearchStrategy[Content] = st.one_of(
    st.builds(
        AcceptContent,
        effective_on=st.none() | st.dates(date(1990, 1, 1)),
        effective_reason=st.text(),
        ends_on=st.none() | st.dates(date(1990, 1, 1)),
        end_reason=st.text(),
        comment=st.text(),
    ),
    st.builds(
        ComplementContent,
        message=st.text(),
        judgements=st.lists(JUDGEMENTS, max_size=3).map(tuple),
        corrections=st.lists(st.sampled_from(Correction.values), unique=True).map(tuple),
    ),
    st.builds(RefuseContent, reason=st.text(), rule=st.text(), de_droit=st.booleans()),
    st.builds(ReopenContent, reason=st.text()),
    st.builds(UpholdContent, reason=st.text()),
    st.builds(ReinstateContent, ends_on=st.none() | st.dates(date(1990, 1, 1)), reason=st.text()),
)

# What rows held before a content wrote itself.
STORED: list[tuple[str, dict[str, Any], Content]] = [
    ("request_complement", {"message": "Il manque la carte."}, ComplementContent(message="Il manque la carte.")),
    (
        "request_complement",
        {
            "message": "Il manque la carte.",
            "judgements": [
                {"piece": "carte_mutuelle", "label": "Carte", "verdict": "rejected", "reason": "Illisible."},
                {"piece": "attestation", "label": "Attestation", "verdict": "accepted"},
            ],
        },
        ComplementContent(
            message="Il manque la carte.", judgements=(CARD, Judgement("attestation", "Attestation", "accepted"))
        ),
    ),
    ("accept", {}, AcceptContent()),
    ("accept", {"ends_on": None, "comment": "Merci.", "end_reason": ""}, AcceptContent(comment="Merci.")),
    (
        "accept",
        {"ends_on": "2030-01-31", "comment": "", "end_reason": "Lue."},
        AcceptContent(ends_on=date(2030, 1, 31), end_reason="Lue."),
    ),
    ("refuse", {"reason": "Non.", "rule": "art. 9"}, RefuseContent(reason="Non.", rule="art. 9")),
    (
        "refuse",
        {"reason": "Non.", "rule": "art. 9", "de_droit": True},
        RefuseContent(reason="Non.", rule="art. 9", de_droit=True),
    ),
    ("reopen", {"reason": "Erreur."}, ReopenContent(reason="Erreur.")),
    ("uphold", {"reason": "Présent avant."}, UpholdContent(reason="Présent avant.")),
    ("reinstate", {"reason": "Erreur."}, ReinstateContent(reason="Erreur.")),
    (
        "reinstate",
        {"ends_on": "2030-01-31", "reason": "Erreur."},
        ReinstateContent(ends_on=date(2030, 1, 31), reason="Erreur."),
    ),
]


def test_each_transition_of_the_centre_is_a_decision_and_each_decision_a_transition() -> None:
    assert set(DECISIONS) == {move.name for move in TRANSITIONS.values() if move.role is Role.STAFF}
    assert all(decision.name == name for name, decision in DECISIONS.items())


@pytest.mark.parametrize("name", list(DECISIONS))
def test_a_decision_has_all_its_words(name: str) -> None:
    decision = DECISIONS[name]
    assert all((decision.label, decision.button, decision.done))
    for one in fields(decision.content):
        assert (one.metadata[LABEL] == "") == ((name, one.name) in WORDLESS), one.name
    named = {one.name for one in fields(decision.content)}
    assert decision.text in named
    assert decision.form_class.name_of(decision.text) == decision.form_class.text_field
    assert decision.form_class.content_class is decision.content
    assert not decision.many or set(decision.many.base_fields) <= named


def test_no_two_decisions_ask_many_requests_for_a_field_of_the_same_name() -> None:
    asked = [name for decision in DECISIONS.values() if decision.many for name in decision.many.base_fields]
    assert len(asked) == len(set(asked))


def test_what_a_decision_says_is_told() -> None:
    said = AcceptContent(ends_on=date(2030, 1, 31), end_reason="Lue.", comment="Merci.")
    assert said.words() == [
        ("Valable jusqu’au", "31 janvier 2030"),
        ("Pourquoi cette date", "Lue."),
        ("Commentaire", "Merci."),
    ]
    assert AcceptContent().words() == []
    complement = ComplementContent(message="Il manque la carte.", judgements=(CARD, replace(CARD, reason="")))
    assert complement.words() == [
        ("Ce qui manque", "Il manque la carte."),
        ("Carte", "À remplacer. Illisible."),
        ("Carte", "À remplacer"),
    ]
    refusal = RefuseContent(reason="Non.", rule="art. 9", de_droit=True)
    assert refusal.words() == [("Raison", "Non."), ("Règle invoquée", "art. 9")]
    assert ReopenContent(reason="Erreur.").words() == [("Raison", "Erreur.")]


@given(CONTENTS)
def test_a_content_is_read_as_it_was_stored(content: Content) -> None:
    stored = json.loads(json.dumps(content.stored()))
    assert stored == content.stored()
    row = PendingDecision(name=registry.of(content).name, data=stored)
    assert registry.content_of(row) == content


@given(CONTENTS, st.lists(st.text("0123456789", min_size=1), max_size=2).map(tuple))
def test_an_order_is_read_as_it_was_stored(content: Content, phrases: tuple[str, ...]) -> None:
    for order in (Order(content=content, phrases=phrases), Order(to=7)):
        assert Order.read(order.name, json.loads(json.dumps(order.stored()))) == order


@pytest.mark.parametrize(("name", "data", "content"), STORED)
def test_what_was_stored_before_is_still_read(name: str, data: dict[str, Any], content: Content) -> None:
    assert registry.content_of(PendingDecision(name=name, data=data)) == content
    assert set(data) <= set(content.stored())
    assert Order.read(name, {**data, "phrases": ["3"]}) == Order(content=content, phrases=("3",))


def test_a_reassignment_that_was_stored_before_is_still_read() -> None:
    assert Order.read(REASSIGNMENT, {"to": 7}) == Order(to=7)
