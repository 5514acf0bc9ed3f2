"""What each document asked for looks like, who gives it, and the message that asks for it.

A sample is drawn by the portal: fictitious, marked « SPÉCIMEN », with numbers where the management centre looks.
"""

from dataclasses import dataclass, replace
from functools import cache
from urllib.parse import quote

from dispenses.request.specimens import Drawing, Line, picture
from portal.lib.typography import NBSP

BLANK = "à compléter"
YOURS = "Votre nom"  # what the message says of its writer
YOU, OTHER = "Camille EXEMPLE", "Alex EXEMPLE"
SINCE, UNTIL = "01/01/20XX", "31/12/20XX"
DATED = "La date, et une signature ou un cachet"
COLLECTIVE = Line("Contrat", "collectif et obligatoire", "Le contrat est dit collectif et obligatoire")
STARTED = Line("Couverture", f"depuis le {SINCE}", "Le début de la couverture")


@dataclass(frozen=True)
class Sample:
    """One document. `where`: who gives it and how; `wanted`: what the message asks for, after « j’ai besoin de ».

    `of_another`: the message names whose contract it is.
    """

    drawing: Drawing
    where: str
    wanted: str
    of_another: bool = False


@dataclass(frozen=True)
class ShownSample:
    """The same as values for a page: the SVG, what is looked at in it, the message and its « mailto: » address."""

    picture: str
    looked_at: tuple[str, ...]
    where: str
    message: str
    mailto: str


def _attestation(issuer: str, title: str, *lines: Line) -> Drawing:
    return Drawing(issuer, title, lines, signed=DATED)


def _dependant(whose: str, who: str) -> Sample:
    return Sample(
        _attestation(
            "Mutuelle ou employeur",
            "Attestation de couverture santé",
            Line("Salarié", OTHER),
            Line("Entreprise", "Société Exemple"),
            COLLECTIVE,
            Line("Ayant droit", YOU, f"{YOURS}, comme ayant droit ou bénéficiaire"),
            STARTED,
        ),
        where=f"{whose} la demande à son service des ressources humaines, ou la télécharge dans son espace en ligne de "
        "mutuelle, à la rubrique des attestations.",
        wanted=f"une attestation de couverture santé, du contrat de l’entreprise de {who}",
        of_another=True,
    )


CARD = Sample(
    Drawing(
        "Mutuelle Exemple",
        "Carte de tiers payant",
        (
            Line("N° d’adhérent", "00 000 000"),
            Line("Bénéficiaires", f"{YOU}, {OTHER}", f"{YOURS}, parmi les bénéficiaires"),
            Line("Valable", f"du {SINCE} au {UNTIL}", "Une période en cours, ou la date d’échéance du contrat"),
        ),
        card=True,
    ),
    where="Dans l’espace en ligne ou l’application de votre mutuelle, ou sur le papier reçu chaque année. "
    "Photographiez les deux côtés. Elle ne porte pas l’échéance du contrat que l’on vous demande\xa0? Joignez aussi "
    "l’échéancier.",
    wanted="une copie de ma carte de tiers payant, recto et verso",
)

SAMPLES: dict[str, Sample] = {
    "carte_mutuelle": CARD,
    "attestation_conjoint": _dependant("Votre conjoint", "mon conjoint ou ma conjointe"),
    "attestation_parent": _dependant("Votre parent", "mon parent"),
    "attestation_employeur": Sample(
        _attestation(
            "Mutuelle ou autre employeur",
            "Attestation de couverture santé",
            Line("Salarié", YOU, f"{YOURS}, comme salarié"),
            Line("Entreprise", "Société Exemple", "Le nom de l’entreprise"),
            COLLECTIVE,
            STARTED,
        ),
        where="Au service des ressources humaines de votre autre employeur, ou dans l’espace en ligne de la mutuelle "
        "qu’il vous donne.",
        wanted="une attestation de couverture santé, du contrat de votre entreprise",
    ),
    "attestation_collective": Sample(
        _attestation(
            "Mutuelle ou employeur",
            "Attestation de couverture santé",
            Line("Entreprise", "Société Exemple"),
            replace(COLLECTIVE, value="collectif", look="Le contrat est dit collectif"),
            Line("Bénéficiaire", YOU, f"{YOURS}, comme bénéficiaire"),
            STARTED,
        ),
        where="À l’employeur ou à la mutuelle qui vous couvre, vous ou la personne dont vous êtes ayant droit. Elle "
        "est à demander de nouveau chaque année.",
        wanted="une attestation de couverture santé, du contrat collectif de l’entreprise",
    ),
    "attestation_regime_local": Sample(
        _attestation(
            "Caisse d’assurance maladie",
            "Attestation de droits",
            Line("Assuré", YOU, YOURS),
            Line("Régime", "local d’Alsace-Moselle", "Le régime local d’Alsace-Moselle"),
            Line("Droits", f"jusqu’au {UNTIL}", "Des droits en cours"),
        ),
        where="Dans votre compte en ligne de l’assurance maladie, ou à votre caisse.",
        wanted="une attestation de droits, qui dit que je relève du régime local d’Alsace-Moselle",
    ),
    "attestation_camieg": Sample(
        _attestation(
            "CAMIEG",
            "Attestation de droits",
            Line("Bénéficiaire", YOU, f"{YOURS}, comme assuré ou ayant droit"),
            Line("Couverture", "complémentaire", "La couverture complémentaire"),
            Line("Droits", f"jusqu’au {UNTIL}", "Des droits en cours"),
        ),
        where="Dans votre compte en ligne de la CAMIEG, ou en lui écrivant.",
        wanted="une attestation de droits, couverture complémentaire comprise",
    ),
    "attestation_administration": Sample(
        _attestation(
            "Administration ou assureur",
            "Attestation de couverture santé",
            Line("Agent", OTHER),
            Line("Administration", "Collectivité Exemple", "L’administration de qui vient la couverture"),
            Line("Bénéficiaire", YOU, f"{YOURS}, comme agent ou ayant droit"),
            STARTED,
        ),
        where="Au service du personnel de l’administration, ou à l’assureur du contrat, qui la met souvent dans son "
        "espace en ligne.",
        wanted="une attestation de ma couverture santé par le contrat ouvert aux agents de l’administration",
    ),
    "attestation_madelin": Sample(
        _attestation(
            "Assureur Exemple",
            "Attestation de couverture santé",
            Line("Contrat", "groupe «\xa0Madelin\xa0»", "Le contrat est dit «\xa0Madelin\xa0»"),
            Line("Bénéficiaire", YOU, f"{YOURS}, comme assuré ou ayant droit"),
            STARTED,
        ),
        where="À l’assureur du contrat, ou dans son espace en ligne, à la rubrique des attestations.",
        wanted="une attestation de couverture santé par un contrat groupe «\xa0Madelin\xa0»",
    ),
    "document_affiliation": Sample(
        _attestation(
            "Caisse d’assurance maladie",
            "Attestation de droits",
            Line("Bénéficiaire", YOU, YOURS),
            Line("Aide", "ACS ou CMU-C", "L’aide reçue"),
            Line("Droits", f"du {SINCE} au {UNTIL}", "La période des droits"),
        ),
        where="Dans votre compte en ligne de l’assurance maladie, ou à votre caisse.",
        wanted="une attestation de mes droits à l’ACS ou à la CMU-C",
    ),
    "attestation_c2s": Sample(
        _attestation(
            "Caisse d’assurance maladie",
            "Attestation de droits",
            Line("Bénéficiaire", YOU, f"{YOURS}, parmi les bénéficiaires"),
            Line("Aide", "Complémentaire santé solidaire", "La Complémentaire santé solidaire"),
            Line("Droits", f"du {SINCE} au {UNTIL}", "Des droits en cours"),
        ),
        where="Dans votre compte en ligne de l’assurance maladie, ou à votre caisse. Si vous avez choisi une mutuelle "
        "pour la gérer, elle peut aussi vous la donner.",
        wanted="une attestation de mes droits à la Complémentaire santé solidaire",
    ),
    "bulletin_paie": Sample(
        Drawing(
            "Employeur",
            "Bulletin de paie",
            (
                Line("Salarié", YOU, YOURS),
                Line("Période", "mois 20XX", "Un mois récent"),
                Line("Horaire", "temps partiel", "Le temps partiel, ou l’apprentissage"),
                Line("Salaire brut", "1 000,00 €", "Le salaire brut, dont la cotisation est comparée à 10\xa0%"),
            ),
        ),
        where="Votre employeur vous le remet chaque mois, sur papier ou dans un coffre-fort numérique.",
        wanted="une copie de mon dernier bulletin de paie",
    ),
    "attestation_contrat_responsable": Sample(
        _attestation(
            "Assureur Exemple",
            "Attestation de contrat responsable",
            Line("Assuré", YOU, f"{YOURS}, comme assuré ou bénéficiaire"),
            Line("Contrat", "responsable", "Le contrat est dit «\xa0responsable\xa0»"),
            STARTED,
        ),
        where="À l’assureur de votre contrat, ou dans son espace en ligne, à la rubrique des attestations.",
        wanted="une attestation qui dit que mon contrat santé est un contrat responsable",
    ),
}
"""By the code of the document that a motif asks for; `tests/dispenses/request/test_samples.py` finds what lacks."""


def shown(code: str, *, name: str, employer: str) -> ShownSample | None:
    """The sample of a document for an employee, None for a document that an administrator made up."""
    sample = SAMPLES.get(code)
    if sample is None:
        return None
    letter = _letter(sample)
    return ShownSample(
        picture=picture(sample.drawing),
        looked_at=sample.drawing.looked_at,
        where=sample.where,
        message=f"{letter.opening}{employer}{letter.rest}{name}",
        mailto=f"{letter.mailto_opening}{_quoted(employer)}{letter.mailto_rest}{_quoted(name)}",
    )


@dataclass(frozen=True)
class _Letter:
    """What the message says of everybody, before the employer's name and between it and the employee's; the same as
    in the address, whose quoting costs more than the query of a page."""

    opening: str
    rest: str
    mailto_opening: str
    mailto_rest: str


@cache
def _letter(sample: Sample) -> _Letter:
    looked_at = (words.replace(YOURS, "Mon nom") for words in sample.drawing.looked_at)
    asked = "\n".join(f"- {words[0].lower()}{words[1:]}" for words in looked_at)
    whose = [f"Titulaire du contrat{NBSP}: {BLANK}"] if sample.of_another else []
    opening = "Bonjour,\n\nJe demande à être dispensé(e) d’adhérer à la complémentaire santé de mon employeur, "
    rest = "\n\n".join(
        [
            f". Pour cela, j’ai besoin de ceci{NBSP}: {sample.wanted}.",
            f"On doit pouvoir y lire{NBSP}:\n{asked}",
            *whose,
            "Merci de me l’envoyer en réponse à ce message, en PDF si possible.",
            "",
        ]
    )
    subject = quote(_plain(f"Document pour une dispense d’adhésion{NBSP}: {sample.drawing.title.lower()}"))
    return _Letter(opening, rest, f"mailto:?subject={subject}&body={_quoted(opening)}", _quoted(rest))


def _quoted(text: str) -> str:
    return quote(_plain(text), safe="")


def _plain(text: str) -> str:
    """As mail programs take it: ends of line of RFC 6068, plain spaces, which weigh less once encoded."""
    return text.replace(NBSP, " ").replace("’", "'").replace("\n", "\r\n")
