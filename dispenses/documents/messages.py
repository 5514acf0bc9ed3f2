"""The mail about a document."""

from typing import Annotated

from notifications.messages import Mark, Message, PersonName, link, mail

Number = Annotated[int, Mark("numero", 20964)]
FollowUrl = Annotated[str, link("lien_suivi")]
WhatToDo = Annotated[
    str,
    Mark(
        "consigne",
        "Ouvrez votre demande et joignez une autre copie de ce document.",
        private=True,
        essential=True,
    ),
]


@mail
class JustificatifInfected(Message):
    """`what_to_do`: a sentence; the file's name stays out, it may tell of one's health."""

    kind = "justificatif_infected"
    label = "Document à remplacer"
    subject = "Un document de votre demande est à remplacer"
    person_name: PersonName
    number: Number
    what_to_do: WhatToDo
    follow_url: FollowUrl
