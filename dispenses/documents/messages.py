"""The mail about a document, and what every mail about a request is."""

from typing import Annotated, ClassVar

from notifications.messages import Mark, Message, PersonName, link, mail

MATTER = "request"
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


class AboutRequest:
    """What makes a mail one about a request: who may not read it at the centre does not read the mail."""

    matter: ClassVar[str] = MATTER
    number: int

    def about(self) -> str:
        return str(self.number)


@mail
class JustificatifInfected(AboutRequest, Message):
    """`what_to_do`: a sentence; the file's name stays out, it may tell of one's health."""

    kind = "justificatif_infected"
    label = "Document à remplacer"
    subject = "Un document de votre demande est à remplacer"
    person_name: PersonName
    number: Number
    what_to_do: WhatToDo
    follow_url: FollowUrl
