"""The mails about a question asked from the contact form."""

from datetime import date
from typing import Annotated

from dispenses.documents.messages import AboutRequest, Number
from notifications.messages import Mark, Message, PersonName, link, mail

SubjectName = Annotated[str, Mark("objet", "Ma demande de dispense", private=True)]


@mail
class QuestionArrived(Message):
    """To the centre's own address: it says of what, never what."""

    kind = "question_arrived"
    label = "Question reçue (centre de gestion)"
    subject = "Une question attend une réponse"
    about_what: SubjectName
    queue_url: Annotated[str, link("lien_questions")]


@mail
class QuestionReceived(Message):
    kind = "question_received"
    label = "Question reçue"
    subject = "Votre question est arrivée"
    person_name: PersonName
    about_what: SubjectName


@mail
class MessageWaits(AboutRequest, Message):
    """What the centre wrote is read in the portal: the mail says nothing of it."""

    kind = "message_waits"
    label = "Message du centre de gestion"
    subject = "Un message vous attend pour la demande N°{number}"
    person_name: PersonName
    number: Number
    messages_url: Annotated[str, link("lien_messages")]


@mail
class QuestionAnswered(Message):
    kind = "question_answered"
    label = "Réponse à une question"
    subject = "Réponse à votre question"
    person_name: PersonName
    asked_on: Annotated[date, Mark("date_question", date(2027, 1, 31))]
    question: Annotated[str, Mark("votre_question", "Quand ma dispense prend-elle effet\xa0?", private=True)]
    answer: Annotated[str, Mark("reponse", "Elle prend effet le jour de votre embauche.", private=True, essential=True)]
