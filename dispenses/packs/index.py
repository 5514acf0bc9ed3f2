"""The index of a pack, readable without the portal: a page, the same lists as CSV, the actes and a word of guidance."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

from django.conf import settings

from accounts.models import Acte
from dispenses.models import EvidencePack, Tombstone
from dispenses.packs.contents import acte_label
from dispenses.packs.exposure import LAW, Exposure, risk
from dispenses.packs.report_rows import EXPOSURE, INDEX, MISSING, Lists
from dispenses.workflow import Status
from portal.lib.cells import Value, csv_lines
from portal.lib.typography import NARROW, NBSP, euros, short_day

ACTES = (
    "Nature",
    "En vigueur depuis le",
    "Jusqu’au",
    "Motifs ouverts",
    "Première mise en place le",
    "Mise en place par",
    "Part salariale depuis le",
    "Garde les documents",
    "Texte",
)
STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:78rem;padding:0 1rem;color:%(ink)s}
table{border-collapse:collapse;width:100%%;font-size:.875rem}
caption{text-align:left;font-weight:700;padding:.5rem 0}
th,td{border:1px solid %(line_2)s;padding:.25rem .5rem;text-align:left;vertical-align:top}th{background:%(brand_tint)s}
.large{overflow-x:auto}
"""
README = """Dossier de preuves des dispenses d’adhésion

Ouvrez index.html dans un navigateur : il liste les dispenses de la période, ce qui manque et l’exposition estimée.
Les mêmes listes sont en CSV (UTF-8, point-virgule). dispenses/N/declaration-1.pdf est la première déclaration signée de
la dispense N, mot pour mot, avec l’historique de la demande ; une déclaration de plus suit chaque complément. Les
justificatifs s’y trouvent quand l’acte de l’employeur prévoit qu’il les conserve. Un motif que l’acte réserve à
l’assureur n’est pas nommé : l’assureur en garde la déclaration et les justificatifs, et les présente à l’inspecteur.

actes/ contient le texte de chaque version de l’acte que l’assureur a reçu, ceux qui ont été remplacés compris.

manifest.json donne la taille et l’empreinte SHA-256 de chaque fichier ; sceau.json scelle le manifeste. Pour vérifier
le dossier sans le portail : python manage.py verify_pack FICHIER
"""


Texts = Mapping[int, Sequence[str]]  # of each version by its key: names in the pack


def actes_rows(actes: Iterable[Acte], texts: Texts) -> Iterator[list[Value]]:
    """The employer's actes, each with its dates, what it opens and where its text is in the pack."""
    for acte in actes:
        yield [
            acte.get_kind_display(),
            acte.in_force_from,
            acte.in_force_until,
            ", ".join(acte.opened_motifs),
            acte.first_set_up_on,
            acte.get_set_up_kind_display(),
            acte.employee_share_from,
            acte.employer_keeps_justificatifs,
            ", ".join(texts.get(acte.pk, ())),
        ]


def documents(
    pack: EvidencePack, lists: Lists, exposure: Exposure, actes: Sequence[Acte], texts: Texts
) -> Iterator[tuple[str, Iterable[str]]]:
    """(name, pieces of text) of each file of the index."""
    yield "index.html", page(pack, lists, exposure, list(actes_rows(actes, texts)))
    yield "index.csv", csv_lines(INDEX, lists.rows("index"))
    yield "manquants.csv", csv_lines(MISSING, lists.rows("missing"))
    yield "exposition.csv", csv_lines((*EXPOSURE, "Estimation (€)"), _with_risk(pack, lists))
    yield "actes.csv", csv_lines(ACTES, actes_rows(actes, texts))
    yield "LISEZMOI.txt", [README]


def _with_risk(pack: EvidencePack, lists: Lists) -> Iterator[list[Value]]:
    for cells in lists.rows("exposure"):
        formal, substance = cells[-2:]
        yield [*cells, risk(pack.contribution, int(str(formal)), int(str(substance)))]


def page(pack: EvidencePack, lists: Lists, exposure: Exposure, actes: Sequence[Sequence[Value]]) -> Iterator[str]:
    """The HTML page of the index, in pieces. `actes`: the rows of their table."""
    title = f"Preuves des dispenses – {pack.employer.name}"
    yield f'<!doctype html>\n<html lang="fr"><head><meta charset="utf-8"><title>{escape(title)}</title>'
    style = STYLE % settings.PORTAL_BRAND.colours
    yield f'<meta name="viewport" content="width=device-width"><style>{style}</style></head>\n<body><main>'
    yield f"<h1>{escape(title)}</h1>\n"
    yield from _facts(pack, lists)
    yield from _exposure(pack, exposure)
    yield from _table("Actes de l’employeur", ACTES, actes, _shown)
    yield from _table("Dispenses de la période", INDEX, lists.rows("index"), _linked)
    yield from _table("Ce qui manque", MISSING, lists.rows("missing"), _shown)
    yield "</main></body></html>\n"


def forgotten(pack: EvidencePack) -> list[int]:
    """Numbers of the granted dispenses of the period whose evidence was forgotten, its time being over."""
    granted = Tombstone.objects.filter(employer=pack.employer_id, outcome=Status.ENDED.value)
    touching = granted.filter(submitted_on__lte=pack.last_day, ends_on__gte=pack.first_day)
    return list(touching.order_by("pk").values_list("pk", flat=True))


def _facts(pack: EvidencePack, lists: Lists) -> Iterator[str]:
    employer = pack.employer
    yield f"<p>SIRET {escape(employer.siret)}. Période du {short_day(pack.first_day)} au {short_day(pack.last_day)}. "
    yield f"Dossier préparé par {escape(settings.PORTAL_NAME)} ({escape(settings.PORTAL_INSURER)}). "
    yield f"{lists.count('index')} dispense(s), {lists.count('missing')} manque(s).</p>\n"
    if numbers := forgotten(pack):
        yield f"<p>{len(numbers)} dispense(s) de la période ont été effacées au terme de leur conservation{NBSP}: "
        yield f"{', '.join(f'N°{number}' for number in numbers)}.</p>\n"


def _exposure(pack: EvidencePack, exposure: Exposure) -> Iterator[str]:
    yield f"<h2>Exposition estimée</h2><p>{exposure.employees} salarié(s) concerné(s){NBSP}: "
    yield f"{exposure.formal} mois sans preuve (1,5 fois), {exposure.substance} mois hors cas de dispense (3 fois).</p>"
    amount = risk(pack.contribution, exposure.formal, exposure.substance)
    if amount is None or pack.contribution is None:
        yield "<p>Aucun montant\xa0: la cotisation patronale n’a pas été indiquée.</p>"
    else:
        total, monthly = euros(amount, NARROW), euros(pack.contribution, NARROW)
        yield f"<p><strong>Estimation{NBSP}: {total}</strong>, pour {monthly} par mois.</p>"
    yield f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in LAW)}</ul>\n"


def _table(
    caption: str, header: Sequence[str], rows: Iterable[Sequence[Any]], first: Callable[[Any], str]
) -> Iterator[str]:
    yield f"<h2>{escape(caption)}</h2><div class=large><table><caption>{escape(caption)}</caption><thead><tr>"
    yield "".join(f"<th scope=col>{escape(label)}</th>" for label in header) + "</tr></thead><tbody>\n"
    for row in rows:
        yield f"<tr><td>{first(row[0])}</td>" + "".join(f"<td>{_shown(value)}</td>" for value in row[1:]) + "</tr>\n"
    yield "</tbody></table></div>\n"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "oui" if value else "non"
    return "" if value is None else short_day(value) if isinstance(value, date) else escape(str(value))


def _linked(number: Any) -> str:
    return f'<a href="dispenses/{number}/">{number}</a>'


def about(pack: EvidencePack, exposure: Exposure, actes: Sequence[Acte]) -> dict[str, object]:
    """What the manifest says of the pack besides its files."""
    return {
        "portail": settings.PORTAL_NAME,
        "assureur": settings.PORTAL_INSURER,
        "employeur": pack.employer.name,
        "siret": pack.employer.siret,
        "du": pack.first_day.isoformat(),
        "au": pack.last_day.isoformat(),
        "demande_le": pack.asked_at.isoformat(),
        "dispenses": exposure.dispenses,
        "manques": exposure.lacks,
        "effacees": forgotten(pack),
        "actes": [acte_label(acte) for acte in actes],
    }
