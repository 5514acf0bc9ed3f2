"""The worked cases as one page of HTML that stands by itself: read on a screen, printed, sent to a lawyer.

By family and motif, each case with its facts in words, the answer, why, and its dates. Nothing of it is fetched from
elsewhere, and two pages of the same cases are the same byte for byte.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from html import escape

from django.conf import settings

from accounts.enums import ActeKind, ContractType
from dispenses.enums import EndRule, MotifFamily, Opening, Yearly, YearlyPolicy
from dispenses.law.cases import MotifEntry, full_label
from dispenses.law.catalogue import BY_CODE, CATALOGUE
from dispenses.law.numbers import MOMENT_DAYS
from dispenses.law.questions import CONTRACT, COVERED_SINCE, END_QUESTIONS, QUESTIONS
from dispenses.law.reasons import MOMENT_WORDS
from dispenses.law.rules import ActeRules
from dispenses.law.situation import Standing
from dispenses.law.worked_cases import LASTING, WorkedCase, assessed
from dispenses.law.yearly import stored
from portal.lib.typography import NBSP, euros, long_day, quoted, spaced

TITLE = "Cas d’école des dispenses d’adhésion"
OUT_OF_SCOPE = "Hors du portail"
ANY_TIME = "à tout moment"
ARTICLES_READ_ON = date(2026, 3, 14)
CONFIRMATIONS = {Yearly.NONE: "aucune", Yearly.PRUDENCE: "par prudence", Yearly.LAW: "par la loi"}
CODES = re.compile(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b")
HEADINGS = ("N°", "Situation", "Demande signée le", "Réponse", "Pourquoi", "Dates et documents")
CONTRACT_ANSWERS = {COVERED_SINCE, END_QUESTIONS[EndRule.COVERED_UNTIL.value], *CONTRACT}  # told elsewhere in the line
STYLE = """
*{box-sizing:border-box}
body{font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;color:%(ink)s;background:%(paper)s;
margin:0 auto;max-width:90rem;padding:1rem 1rem 4rem}
h1{font-size:1.875rem;line-height:1.2;margin:1.5rem 0 .5rem}
h2{font-size:1.5rem;line-height:1.25;margin:3rem 0 .5rem;padding-top:1rem;border-top:2px solid %(brand)s}
h3{font-size:1.25rem;line-height:1.3;margin:2rem 0 .5rem}
p,ul,dl{max-width:48rem}
a{color:%(link)s}
a:focus-visible,[tabindex]:focus-visible{outline:3px solid %(focus)s;outline-offset:2px}
.aller{position:absolute;left:-100vw}
.aller:focus{position:static}
.faits{display:grid;grid-template-columns:max-content 1fr;gap:0 1rem;margin:0 0 1rem}
.faits dt{font-weight:600}
.faits dd{margin:0}
nav>ul{columns:2 22rem;max-width:none}
nav>ul>li{break-inside:avoid}
.large{overflow-x:auto}
table{border-collapse:collapse;width:100%%;min-width:64rem;font-size:.9375rem;line-height:1.45}
caption{text-align:left;font-weight:600;padding:.5rem 0}
th,td{border:1px solid %(line_2)s;padding:.5rem;text-align:left;vertical-align:top}
thead th{background:%(brand_tint)s}
td p,td ul,td dl{margin:0 0 .375rem}
td ul{padding-left:1.1rem}
td dl div{margin-bottom:.125rem}
td dt,td dd{display:inline;margin:0}
td dt{color:%(ink_2)s}
.nom{font-weight:600}
.dit{color:%(ink_2)s}
.r{display:inline-block;font-weight:600;padding:.0625rem .5rem;border-radius:4px}
.oui{background:%(ok_bg)s;color:%(ok)s}
.alerte{background:%(warn_bg)s;color:%(warn)s}
.non{background:%(mute_bg)s;color:%(mute)s}
col.n{width:4.5rem}
col.j{width:8rem}
col.r{display:table-column;width:9rem}
col.d{width:17rem}
@media (max-width:40rem){.faits{display:block}.faits dd{margin-bottom:.375rem}}
@media print{
@page{size:A4 landscape;margin:12mm}
body{max-width:none;padding:0;font-size:9pt}
nav,.aller{display:none}
.large{overflow:visible}
table{min-width:0;font-size:8pt}
tr{break-inside:avoid}
th,td{padding:.25rem .375rem}
td ul{padding:0}
td li{display:inline}
td li+li::before{content:" · "}
td dl div{display:inline}
td dl div+div::before{content:" · "}
col.n{width:3rem}
col.j,col.r{width:6rem}
h2,h3,caption{break-after:avoid}
.r{border:1px solid}
}
"""


def page(cases: Iterable[WorkedCase]) -> Iterator[str]:
    """The page, in pieces of text."""
    found = list(cases)
    yield f'<!doctype html>\n<html lang="fr"><head><meta charset="utf-8"><title>{TITLE}</title>\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<style>{STYLE % settings.PORTAL_BRAND.colours}</style></head>\n<body>\n"
    yield '<p><a class="aller" href="#cas">Aller aux cas</a></p>\n<header>\n'
    yield f"<h1>{TITLE}</h1>\n"
    yield from _introduction(found)
    yield "</header>\n"
    yield from _summary(found)
    yield '<main id="cas">\n'
    for family in MotifFamily:
        yield f'<h2 id="{family.value}">{_text(family.label)}</h2>\n'
        for entry in (entry for entry in CATALOGUE if entry.family is family):
            yield from _motif(entry, _of(entry, found))
    if apart := _out_of_scope(found):
        yield f'<h2 id="hors-portail">{OUT_OF_SCOPE}</h2>\n'
        yield from _table(f"Ce que le portail ne traite pas, {_count(apart)}", apart)
    yield "</main>\n</body></html>\n"


def _of(entry: MotifEntry, cases: list[WorkedCase]) -> list[WorkedCase]:
    return [case for case in cases if case.motif == entry.code.value]


def _out_of_scope(cases: list[WorkedCase]) -> list[WorkedCase]:
    return [case for case in cases if case.motif not in BY_CODE]


def _count(cases: list[WorkedCase]) -> str:
    return f"{len(cases)} cas"


def _introduction(cases: list[WorkedCase]) -> Iterator[str]:
    yield f"<p>Ces {len(cases)} cas disent ce que le portail répond à un salarié, dans sa situation et à son jour. "
    yield f"Ils sont la spécification de ses règles{NBSP}: le portail est vérifié avec chacun d’eux.</p>\n<ul>\n"
    lines = (
        f"Articles lus dans leur version du {long_day(ARTICLES_READ_ON)}.",
        "« Ouvert » : la demande peut être envoyée. « Fermé » : pas ce jour-là, ou pas ainsi. « Non » : pas pour ce "
        "salarié, dans cette situation.",
        f"L’article D911-5 dit « au moment de » sans nombre de jours : les {MOMENT_DAYS} jours sont une prudence. "
        "Passé ce délai, un motif fermé qui peut être envoyé l’est avec un avertissement, et le centre tranche.",
        "« (loi) » : le texte exige le document. « (prudence) » : l’assureur le demande. Un jour de fin est compris "
        "dans la dispense.",
        "Les dates sont celles d’une dispense accordée comme demandée. La conservation, pour un motif qui n’est pas "
        "ouvert, est celle d’une demande refusée.",
    )
    yield "".join(f"<li>{_text(line)}</li>\n" for line in lines)
    yield "</ul>\n"


def _summary(cases: list[WorkedCase]) -> Iterator[str]:
    yield '<nav aria-label="Sommaire">\n<ul>\n'
    for family in MotifFamily:
        yield f'<li><a href="#{family.value}">{_text(family.label)}</a>\n<ul>\n'
        for entry in (entry for entry in CATALOGUE if entry.family is family):
            yield f'<li><a href="#{_anchor(entry)}">{_text(entry.label)}</a>, {_count(_of(entry, cases))}</li>\n'
        yield "</ul></li>\n"
    if apart := _out_of_scope(cases):
        yield f'<li><a href="#hors-portail">{OUT_OF_SCOPE}</a>, {_count(apart)}</li>\n'
    yield "</ul>\n</nav>\n"


def _anchor(entry: MotifEntry) -> str:
    return f"motif-{entry.code.value}"


def _motif(entry: MotifEntry, cases: list[WorkedCase]) -> Iterator[str]:
    yield f'<h3 id="{_anchor(entry)}">{_text(entry.label)}</h3>\n<dl class="faits">\n'
    facts = [
        ("Fondement", entry.legal_basis),
        ("Ouverture", Opening(entry.opening).label),
        ("Moment", MOMENT_WORDS.get(entry.moment, ANY_TIME)),
        ("Fin", EndRule(entry.end_rule).label),
        ("Confirmation annuelle", CONFIRMATIONS[entry.yearly]),
        ("Documents", " ; ".join(_demanded(piece.label, piece.by_law) for piece in entry.pieces) or "aucun"),
        ("À confirmer", entry.to_confirm),
    ]
    yield "".join(f"<dt>{_text(name)}</dt><dd>{_text(words)}</dd>\n" for name, words in facts if words)
    yield "</dl>\n"
    yield from _table(f"{entry.label}, {_count(cases)}", cases)


def _demanded(label: str, by_law: bool) -> str:
    return f"{label} ({'loi' if by_law else 'prudence'})"


def _table(caption: str, cases: list[WorkedCase]) -> Iterator[str]:
    yield f'<div class="large" tabindex="0" role="region" aria-label="{_text(caption)}"><table>\n'
    yield f"<caption>{_text(caption)}</caption>\n"
    yield '<colgroup><col class="n"><col><col class="j"><col class="r"><col><col class="d"></colgroup>\n<thead><tr>'
    yield "".join(f'<th scope="col">{heading}</th>' for heading in HEADINGS) + "</tr></thead>\n<tbody>\n"
    for case in cases:
        yield from _row(case)
    yield "</tbody></table></div>\n"


def _row(case: WorkedCase) -> Iterator[str]:
    yield f'<tr id="{case.id}"><th scope="row">{case.id}</th>\n'
    yield f'<td><p class="nom">{_text(case.title)}</p>{_list(_facts(case))}</td>\n'
    yield f"<td>{long_day(case.situation.day)}</td>\n"
    kind, words = _answer(case)
    yield f'<td><span class="r {kind}">{words}</span></td>\n'
    yield f"<td><p>{_text(CODES.sub(_named, case.article))}</p>{_said(case)}</td>\n"
    yield f"<td><dl>{''.join(_dates(case))}</dl></td></tr>\n"


def _named(code: re.Match[str]) -> str:
    """The motif as people know it, where a line names it by its code."""
    return quoted(BY_CODE[code[0]].label) if code[0] in BY_CODE else code[0]


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{_text(line)}</li>' for line in lines)}</ul>"


def _answer(case: WorkedCase) -> tuple[str, str]:
    """(class, words) of what the portal answers."""
    if case.standing is None:
        return "non", OUT_OF_SCOPE
    if case.standing is Standing.OPEN:
        return "oui", "Ouvert"
    if case.standing is Standing.CLOSED:
        return ("alerte", "Fermé, peut être envoyé avec un avertissement") if case.may_be_sent else ("non", "Fermé")
    return "non", "Non"


def _said(case: WorkedCase) -> str:
    """What the portal itself says of it, to the employee as to the centre."""
    if case.standing is None:
        return ""
    found = assessed(case)
    return "".join(
        f'<p class="dit">Le portail dit{NBSP}: {_text(quoted(words))}</p>'
        for words in dict.fromkeys(reason.words for reason in (*found.against, *found.warnings))
    )


def _facts(case: WorkedCase) -> Iterator[str]:
    """The employee, the acte, the other cover and the answers, in words."""
    situation, person = case.situation, case.situation.person
    yield f"{_contract(case)}, embauche le {long_day(person.hired_on)}"
    if not situation.actes:
        yield "Aucun acte de l’employeur enregistré"
    for acte in situation.actes:
        yield _acte(acte)
    since = situation.answered_day(COVERED_SINCE)
    until = situation.answered_day(END_QUESTIONS[EndRule.COVERED_UNTIL.value])
    if since or until:
        days = [f"depuis le {long_day(since)}" if since else "", f"jusqu’au {long_day(until)}" if until else ""]
        yield f"Autre couverture {', '.join(day for day in days if day)}"
    for key, value in (situation.answers or {}).items():
        if key not in CONTRACT_ANSWERS:
            yield f"{QUESTIONS[key].label.removesuffix(' ?').removesuffix(NBSP + '?')} : {_value(key, value)}"
    for code, day in (situation.granted_until or {}).items():
        yield f"Déjà dispensé jusqu’au {long_day(day)} : {BY_CODE[code].label}"
    labels = {piece.code: piece.label for piece in BY_CODE[case.motif].pieces} if case.motif in BY_CODE else {}
    if case.absent:
        yield f"Document absent : {labels[case.absent]}"


def _contract(case: WorkedCase) -> str:
    person = case.situation.person
    start, end = map(case.situation.answered_day, CONTRACT)
    words = [str(ContractType(person.contract_type).label)]
    if start and end:
        words.append(f"du {long_day(start)} au {long_day(end)}")
    elif person.contract_ends_on:
        words.append(f"jusqu’au {long_day(person.contract_ends_on)}")
    return " ".join(words) + (", temps partiel" if person.part_time else "")


def _acte(acte: ActeRules) -> str:
    until = f" jusqu’au {long_day(acte.in_force_until)}" if acte.in_force_until else ""
    words = [f"Acte : {ActeKind(acte.kind).label}, en vigueur depuis le {long_day(acte.in_force_from)}{until}"]
    if acte.in_force_from != acte.first_set_up_on:
        words.append(f"première mise en place le {long_day(acte.first_set_up_on)}")
    if acte.kind != acte.set_up_kind:
        words.append(f"première mise en place par : {ActeKind(acte.set_up_kind).label}")
    if acte.opened_motifs:
        words.append("ouvre " + ", ".join(f"« {BY_CODE[code].acte_label} »" for code in acte.opened_motifs))
    if acte.employee_share_from:
        words.append(f"part salariale depuis le {long_day(acte.employee_share_from)}")
    elif acte.kind == ActeKind.DUE:
        words.append("payée en entier par l’employeur")
    if acte.recommended_pieces:
        words.append(f"recommande seulement {_lowered(acte)}")
    for policy in YearlyPolicy:
        told = (motif for motif in CATALOGUE if stored(motif.code.value, policy) in acte.yearly_policies)
        if named := list(map(full_label, told)):
            words.append(f"confirmation annuelle ({', '.join(named)}) : {policy.label}")
    return " ; ".join(words)


def _lowered(acte: ActeRules) -> str:
    pairs = (code.split(":") for code in acte.recommended_pieces)
    return ", ".join(
        f"« {piece.label} »" for motif, code in pairs for piece in BY_CODE[motif].pieces if piece.code == code
    )


def _value(key: str, value: object) -> str:
    if isinstance(value, Decimal):
        return euros(value)
    if isinstance(value, date):
        return long_day(value)
    return dict(QUESTIONS[key].choices).get(str(value), str(value))


def _dates(case: WorkedCase) -> Iterator[str]:
    days = [
        ("Effet", _day(case.effective_on)),
        ("Fin", _day(case.ends_on)),
        ("Affiliation due", _day(case.affiliation_due_on) or case.row["affiliation_due_le"]),
        ("À confirmer", _day(case.confirm_by)),
        ("Documents", case.row["documents"]),
        ("Conservé jusqu’au", _day(case.kept_until)),
        ("Conservé", LASTING if case.row["conserve_jusquau"] == LASTING else ""),
    ]
    for name, words in days:
        if words:
            yield f"<div><dt>{name}{NBSP}: </dt><dd>{_text(words)}</dd></div>"


def _day(day: date | None) -> str:
    return long_day(day) if day else ""


def _text(words: str) -> str:
    """Text of the page: escaped, with the apostrophes and the spaces of French."""
    return escape(spaced(words.replace("'", "’")), quote=True)
