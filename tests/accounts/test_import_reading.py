"""What a company's file may look like: each is read, or refused with what to do."""

import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.employee import values
from accounts.employee.fields import FIELDS
from accounts.imports.columns import recognise
from accounts.imports.exceptions import Code, FileRefused
from accounts.imports.rows import Row, read_row
from accounts.imports.tables import open_table
from tests.accounts.company_files import GOOD, HEADINGS, as_csv, as_text, as_xlsx, part, person, rewritten

TODAY = date(2026, 11, 23)
ACCENTED = person(1, nom_naissance="Léœ", prenom="Zoé", categorie="Employé")


def read(content: bytes, tmp_path: Path) -> list[Row]:
    path = tmp_path / "source"
    path.write_bytes(content)
    table = open_table(path, tmp_path)
    return [read_row(line, table.cells(cells), TODAY) for line, cells in table.lines()]


def refused(content: bytes, tmp_path: Path) -> FileRefused:
    with pytest.raises(FileRefused) as refusal:
        read(content, tmp_path)
    return refusal.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_encoding_and_delimiter_are_found(encoding: str, delimiter: str, tmp_path: Path) -> None:
    (row,) = read(as_csv([ACCENTED], encoding, delimiter=delimiter), tmp_path)
    assert row.problems == []
    assert (row.values["birth_name"], row.values["first_name"], row.values["category"]) == ("Léœ", "Zoé", "Employé")


FRENCH = [
    person(1, nom_naissance="Désiré", prenom="Hélène", categorie="Employé"),
    person(2, nom_naissance="Lebœuf", prenom="Zoë", categorie="Ingénieur"),
]


def named(content: bytes, tmp_path: Path) -> list[tuple[str, str, str]]:
    return [
        (row.values["birth_name"], row.values["first_name"], row.values["category"]) for row in read(content, tmp_path)
    ]


@pytest.mark.parametrize("encoding", ["cp1252", "iso-8859-15", "mac_roman", "cp850"])
@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_an_old_encoding_is_told_by_its_letters(encoding: str, ends: str, tmp_path: Path) -> None:
    headings = ["Matricule", "nom_naissance", "Prénom", "email", "Date d'embauche", "Catégorie"]
    people = [
        {
            "Matricule": row["matricule"],
            "nom_naissance": row["nom_naissance"].replace("œ", "oe" if encoding == "cp850" else "œ"),
            "Prénom": row["prenom"],
            "email": row["email"],
            "Date d'embauche": row["date_embauche"],
            "Catégorie": row["categorie"],
        }
        for row in FRENCH
    ]
    content = as_text(people, headings=headings).replace("\r\n", ends).encode(encoding)
    second = "Leboeuf" if encoding == "cp850" else "Lebœuf"
    assert named(content, tmp_path) == [("Désiré", "Hélène", "Employé"), (second, "Zoë", "Ingénieur")]


@pytest.mark.parametrize("through", ["cp1252", "mac_roman", "cp850"])
def test_what_was_encoded_twice_is_brought_back(through: str, tmp_path: Path) -> None:
    row = person(1, nom_naissance="Désiré", prenom="Hélène", categorie="Employé")
    content = as_csv([row]).decode(through).encode()
    assert named(content, tmp_path) == [("Désiré", "Hélène", "Employé")]


def test_one_line_of_another_encoding_spoils_no_other(tmp_path: Path) -> None:
    good, pasted = as_csv([FRENCH[0]]), as_csv([person(2, prenom="Chloé", categorie="Employé")], "cp1252")
    content = good + pasted.split(b"\r\n")[1] + b"\r\n" + as_csv([person(3, prenom="Noë")]).split(b"\r\n")[1]
    assert [first for _, first, _ in named(content, tmp_path)] == ["Hélène", "Chloé", "Noë"]


@pytest.mark.parametrize("name", ["João", "SÃO", "Åse", "Señor", "Søren", "Đặng", "李", "Ângela", "Größ"])
def test_names_of_elsewhere_are_left_as_they_are(name: str, tmp_path: Path) -> None:
    assert [first for _, first, _ in named(as_csv([person(1, prenom=name)]), tmp_path)] == [name]


@pytest.mark.parametrize("encoding", ["cp1251", "cp1253"])
def test_letters_that_cannot_be_told_are_refused_with_how_to_save_the_file(encoding: str, tmp_path: Path) -> None:
    text = {"cp1251": "Петров", "cp1253": "Παπαδόπουλος"}[encoding]
    people = [person(rank, nom_naissance=text * 3, prenom=text * 3, categorie=text) for rank in range(3)]
    refusal = refused(as_csv(people, encoding), tmp_path)
    assert refusal.code == Code.ENCODING
    assert "CSV UTF-8" in str(refusal)


def test_the_delimiter_is_the_one_of_the_headings(tmp_path: Path) -> None:
    address = "Bât. A, esc. 2, 12, rue des Lilas, lieu-dit Le Clos, 69001, Lyon, France"
    lines = ["Matricule;Nom;Prénom;E-mail;Date d'embauche;Adresse"]
    lines += [f"{rank};Durand;Zoé;p{rank}@exemple.fr;05/09/2018;{address}" for rank in range(8)]
    assert [row.problems for row in read("\r\n".join(lines).encode(), tmp_path)] == [[]] * 8


@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r"])
def test_every_kind_of_line_end_is_read(ends: str, tmp_path: Path) -> None:
    content = as_csv([person(1), person(2)]).replace(b"\r\n", ends.encode())
    assert [row.values["matricule"] for row in read(content, tmp_path)] == ["A1", "A2"]


@pytest.mark.parametrize(
    "headings",
    [
        list(reversed(HEADINGS)),
        [heading.upper() for heading in HEADINGS],
        [" Matricule ", "NOM", "Prénom", "Adresse e-mail", "Date d’entrée"],
        ["N° matricule", "Nom de naissance", "Prénoms", "Courriel", "Date d'embauche", "N° Sécurité sociale"],
        ["matricule", "nom_usage", "prenom", "MAIL", "Embauche", "Date de naissance", "Observations"],
    ],
)
def test_headings_are_recognised_in_any_order_and_words(headings: list[str], tmp_path: Path) -> None:
    known = recognise(headings)
    source = person(1, nom_usage="Durand")
    named = {headings[place]: source[heading] for heading, place in known.items()}
    (row,) = read(as_csv([named], headings=headings), tmp_path)
    assert row.problems == []
    assert row.values["last_name"] == "Durand"
    assert row.values["hired_on"] == date(2018, 9, 5)


BASE = ["Matricule", "Prénom", "E-mail", "Date d'embauche"]


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (["Nom", "Nom de naissance"], {"nom_usage": "Nom", "nom_naissance": "Nom de naissance"}),
        (["Nom", "Nom de jeune fille"], {"nom_usage": "Nom", "nom_naissance": "Nom de jeune fille"}),
        (["Nom", "Nom d'usage"], {"nom_usage": "Nom d'usage", "nom_naissance": "Nom"}),
        (["Nom", "nom_usage", "nom_naissance"], {"nom_usage": "nom_usage", "nom_naissance": "nom_naissance"}),
        (["Nom"], {"nom_usage": "Nom"}),
        (["Date d'entrée"], {"date_embauche": "Date d'embauche"}),
        (["Statut", "Catégorie"], {"categorie": "Catégorie"}),
        (["Statut"], {"categorie": "Statut"}),
        (["E-mail professionnel"], {"email": "E-mail professionnel"}),
        (["Fin contrat", "date_fin_contrat"], {"date_fin_contrat": "date_fin_contrat"}),
    ],
)
def test_the_exact_heading_wins(headings: list[str], expected: dict[str, str]) -> None:
    given = [*BASE, *headings]
    found = {column: given[place] for column, place in recognise(given).items()}
    base = {"matricule": "Matricule", "prenom": "Prénom", "email": "E-mail", "date_embauche": "Date d'embauche"}
    assert found == {**base, **expected}


@pytest.mark.parametrize(("value", "taken"), [("Lyon", False), ("732 829 320 00074", True)])
def test_an_establishment_is_a_siret_or_the_name_of_a_place(value: str, taken: bool, tmp_path: Path) -> None:
    line = {"Matricule": "A1", "Prénom": "Zoé", "E-mail": "z@exemple.fr", "Date d'embauche": "05/09/2018"}
    headings = [*BASE, "Nom", "Etablissement"]
    (row,) = read(as_csv([{**line, "Nom": "Durand", "Etablissement": value}], headings=headings), tmp_path)
    assert row.problems == []
    assert ("establishment_siret" in row.values) is taken


def test_lines_above_the_headings_and_blank_lines_keep_the_numbers_of_the_file(tmp_path: Path) -> None:
    content = b"Effectif au 1er novembre;;\r\n\r\n" + as_csv([person(1)]) + b"\r\n;;;\r\n" + as_csv([person(2)])[-99:]
    (first, *_) = read(content, tmp_path)
    assert first.line == 4


def test_a_quoted_cell_may_hold_the_delimiter_and_quotes(tmp_path: Path) -> None:
    (row,) = read(as_csv([person(1, categorie='Cadre ; "groupe 3"')]), tmp_path)
    assert row.values["category"] == 'Cadre ; "groupe 3"'


def test_a_line_break_in_a_name_is_a_problem_of_its_line_alone(tmp_path: Path) -> None:
    bad, good = read(as_csv([person(1, prenom="Zoé\nBcc: x@exemple.fr"), person(2)]), tmp_path)
    assert [problem.column for problem in bad.problems] == ["prenom"]
    assert "retour à la ligne" in bad.problems[0].remedy
    assert (good.line, good.problems) == (4, [])


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"", Code.EMPTY, "vide"),
        (b"  \r\n ", Code.EMPTY, "vide"),
        (b"\xd0\xcf\x11\xe0" + b"0" * 600, Code.OLD_FORM, "ancien format"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Code.NO_TABLE, "ni un CSV ni un classeur"),
        (b"PK\x03\x04torn", Code.DAMAGED, "abîmé"),
        (b"bonjour\r\nje suis une lettre\r\n", Code.HEADINGS_UNKNOWN, "bonjour"),
        (
            as_csv([GOOD], headings=["matricule", "prenom", "email", "date_embauche"]),
            Code.COLUMN_MISSING,
            "«\xa0nom_naissance\xa0»",
        ),
        (
            as_csv([GOOD], headings=["matricule", "nom", "prenom"]),
            Code.COLUMN_MISSING,
            "«\xa0email\xa0», «\xa0date_embauche\xa0»",
        ),
        (
            as_csv([GOOD], headings=["matricule", "nom", "prenom", "date_embauche", "Mail", "MAIL"]),
            Code.COLUMN_TWICE,
            "«\xa0Mail\xa0»",
        ),
        (as_csv([person(1)]) + b'A2;"Durand', Code.TORN_LINE, "guillemet ouvert"),
        (as_csv([person(1)]) + b'A2;"Durand;' + b"x" * 200_000, Code.TORN_LINE, "guillemet ouvert"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(
    content: bytes, code: Code, said: str, tmp_path: Path
) -> None:
    refusal = refused(content, tmp_path)
    assert refusal.code == code
    assert said in str(refusal)


def test_an_open_quote_is_named_by_its_line(tmp_path: Path) -> None:
    assert str(refused(as_csv([person(1), person(2)]) + b'A3;"Durand', tmp_path)).startswith("Ligne 4\xa0:")


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("matricule", "", "manque"),
        ("matricule", "x" * 31, "30 caractères"),
        ("matricule", "#REF!", "erreur de formule"),
        ("prenom", "12", "aucune lettre"),
        ("prenom", "a" * 101, "100 caractères"),
        ("prenom", "Zo\u202eé", "invisible"),
        ("prenom", "Zo\0é", "invisible"),
        ("nom_naissance", "Dur\ufffdand", "illisible"),
        ("email", "virginie", "adresse e-mail complète"),
        ("email", "a@b@exemple.fr", "adresse e-mail complète"),
        ("email", "a@exemple.fr, b@exemple.fr", "adresse e-mail complète"),
        ("date_embauche", "31/02/2020", "calendrier"),
        ("date_embauche", "2020-02-30", "calendrier"),
        ("date_embauche", "5 septembre", "jj/mm/aaaa"),
        ("date_embauche", "31 02 20", "calendrier"),
        ("date_embauche", "5 ju 2018", "jj/mm/aaaa"),
        ("matricule", "1,23457E+12", "abrégé"),
        ("matricule", "#########", "élargissez la colonne"),
        ("prenom", "####", "élargissez la colonne"),
        ("type_contrat", "alternance", "contrat de professionnalisation"),
        ("type_contrat", "CDI ou CDD", "CDI, CDD"),
        ("type_contrat", "hors CDI", "CDI, CDD"),
        ("temps_partiel", "TP", "oui ou non"),
        ("temps_partiel", "120 %", "oui ou non"),
        ("date_embauche", "05/09/2118", "possible"),
        ("date_embauche", "٠٥/٠٩/٢٠١٨", "jj/mm/aaaa"),
        ("date_naissance", "02/10/2025", "possible"),
        ("date_naissance", "02/10/1895", "possible"),
        ("type_contrat", "Stage", "retirez la ligne"),
        ("date_fin_contrat", "01/01/2017", "précède"),
        ("date_fin_contrat", "01/01/2030", "CDI"),
        ("temps_partiel", "peut-être", "oui ou non"),
        ("categorie", "x" * 61, "60 caractères"),
        ("siret", "73282932000075", "somme de contrôle"),
        ("siret", "7,3282932E+13", "14 chiffres"),
        ("nir", "2,95109912611193E+14", "notation scientifique"),
        ("nir", "295109912611194", "clé"),
        ("nir", "195019912611193", "clé"),
        ("nir", "195019912611102", "clé|correspond"),
    ],
)
def test_a_wrong_cell_is_named_with_its_remedy(column: str, value: str, said: str) -> None:
    row = read_row(7, {**GOOD, column: value}, TODAY)
    assert [problem.column for problem in row.problems] == [column]
    assert any(word in row.problems[0].remedy for word in said.split("|"))
    assert column != "nir" or value not in str(row.problems)


@pytest.mark.parametrize(
    ("column", "value", "field", "kept"),
    [
        ("date_embauche", "2018-09-05", "hired_on", date(2018, 9, 5)),
        ("date_embauche", "2018-09-05 00:00:00", "hired_on", date(2018, 9, 5)),
        ("date_embauche", "5-9-2018", "hired_on", date(2018, 9, 5)),
        ("date_embauche", "43348", "hired_on", date(2018, 9, 5)),
        ("date_embauche", "05/09/18", "hired_on", date(2018, 9, 5)),
        ("date_embauche", "05/09/98", "hired_on", date(1998, 9, 5)),
        ("date_embauche", "05 09 2018", "hired_on", date(2018, 9, 5)),
        ("date_embauche", "5 sept. 2018", "hired_on", date(2018, 9, 5)),
        ("date_embauche", "mercredi 5 septembre 2018", "hired_on", date(2018, 9, 5)),
        ("date_embauche", "1er févr. 2019", "hired_on", date(2019, 2, 1)),
        ("date_embauche", "05-AOÛT-18", "hired_on", date(2018, 8, 5)),
        ("date_embauche", "05/09/2018 08:30", "hired_on", date(2018, 9, 5)),
        ("date_embauche", "2018-09-05T00:00:00Z", "hired_on", date(2018, 9, 5)),
        ("date_embauche", "2018-09-04T22:00:00.000Z", "hired_on", date(2018, 9, 5)),
        ("date_naissance", "02/10/95", "birth_date", date(1995, 10, 2)),
        ("type_contrat", "CDI temps plein", "contract_type", "cdi"),
        ("type_contrat", "Contrat à durée indéterminée (CDI)", "contract_type", "cdi"),
        ("type_contrat", "CDD saisonnier", "contract_type", "cdd"),
        ("type_contrat", "Contrat de professionnalisation", "contract_type", "cdd"),
        ("type_contrat", "Apprentissage (CDD)", "contract_type", "apprenti"),
        ("temps_partiel", "80 %", "part_time", True),
        ("temps_partiel", "0,8", "part_time", True),
        ("temps_partiel", "100%", "part_time", False),
        ("temps_partiel", "Temps plein", "part_time", False),
        ("type_contrat", "Contrat d’apprentissage", "contract_type", "apprenti"),
        ("type_contrat", "intérimaire", "contract_type", "mission"),
        ("temps_partiel", "OUI", "part_time", True),
        ("temps_partiel", "0", "part_time", False),
        ("siret", "732 829 320 00074", "establishment_siret", "73282932000074"),
        ("siret", "35600000000048", "establishment_siret", "35600000000048"),
        ("email", " Virginie.DURAND@Exemple.FR ", "professional_email", "virginie.durand@exemple.fr"),
        ("prenom", "Jean  Marie", "first_name", "Jean Marie"),
        ("nom_usage", "Martin", "last_name", "Martin"),
        ("nom_usage", "", "last_name", "Durand"),
    ],
)
def test_a_good_cell_is_kept_clean(column: str, value: str, field: str, kept: Any) -> None:
    row = read_row(7, {**GOOD, column: value.strip()}, TODAY)
    assert row.problems == []
    assert row.values[field] == kept


@given(st.dictionaries(st.sampled_from(HEADINGS), st.text(max_size=300), min_size=1))
@settings(max_examples=300, deadline=None)
def test_no_cell_raises_whatever_it_holds(cells: dict[str, str]) -> None:
    row = read_row(1, {heading: cells.get(heading, "") for heading in HEADINGS}, TODAY)
    assert row.problems or row.values["matricule"]


# Workbooks

LINE: list[Any] = ["B7", 295109912611193, "Durand", None, "Zoé", date(1995, 10, 2), "zoe@exemple.fr", date(2018, 9, 5)]


def test_a_workbook_is_read_with_its_dates_and_numbers(tmp_path: Path) -> None:
    line = [*LINE, "CDD", date(2027, 1, 31), None, True, 3.0, 73282932000074]
    (row,) = read(as_xlsx([HEADINGS, line]), tmp_path)
    assert row.problems == []
    assert (row.nir, row.values["birth_date"]) == ("295109912611193", date(1995, 10, 2))
    assert (row.values["contract_ends_on"], row.values["part_time"]) == (date(2027, 1, 31), True)
    assert (row.values["category"], row.values["establishment_siret"]) == ("3", "73282932000074")


def test_a_formula_gives_its_last_value_and_an_error_is_named(tmp_path: Path) -> None:
    good = as_xlsx([HEADINGS, LINE], formulas={(1, 2): "=CONCATENATE(A1,B1)"})
    assert read(good, tmp_path)[0].values["birth_name"] == "Martin"
    broken = as_xlsx([HEADINGS, [*LINE[:4], "#REF!", *LINE[5:]]])
    assert "erreur de formule" in read(broken, tmp_path)[0].problems[0].remedy


def test_merged_cells_leave_the_others_blank_and_it_is_said(tmp_path: Path) -> None:
    rows = read(as_xlsx([HEADINGS, LINE, [None, *LINE[1:]]]), tmp_path)
    assert [problem.column for problem in rows[1].problems] == ["matricule"]


def test_a_sheet_that_begins_lower_keeps_its_line_numbers(tmp_path: Path) -> None:
    (row,) = read(as_xlsx([[], [], HEADINGS, LINE]), tmp_path)
    assert row.line == 4


def test_a_size_that_lies_changes_nothing(tmp_path: Path) -> None:
    book = as_xlsx([HEADINGS, LINE])
    sheet = part(book, "xl/worksheets/sheet1.xml")
    for lie in (b'<dimension ref="A1"/>', b'<dimension ref="A1:XFD1048576"/>'):
        lying = rewritten(book, "xl/worksheets/sheet1.xml", sheet.replace(b'<dimension ref="A1:M2"/>', lie))
        assert [row.values["matricule"] for row in read(lying, tmp_path)] == ["B7"]


def test_a_cell_in_the_last_corner_is_refused_within_bounds(tmp_path: Path) -> None:
    book = as_xlsx([HEADINGS, LINE])
    far = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    sheet = part(book, "xl/worksheets/sheet1.xml").replace(b"</sheetData>", far)
    assert refused(rewritten(book, "xl/worksheets/sheet1.xml", sheet), tmp_path).code == Code.TOO_LARGE


def test_a_bomb_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    bomb = rewritten(as_xlsx([HEADINGS, LINE]), "xl/sharedStrings.xml", b"<sst>" + b" " * 450_000_000)
    assert len(bomb) < 1_000_000
    assert refused(bomb, tmp_path).code == Code.TOO_LARGE


def test_entities_are_neither_fetched_nor_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("CONTENU-SECRET")
    book = as_xlsx([HEADINGS, LINE])
    head = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}"><!ENTITY a "{"b" * 99}">]>'.encode()
    strings = part(book, "xl/sharedStrings.xml").replace(b"?>", b"?>" + head, 1).replace(b"Durand", b"&e;&a;")
    attacked = rewritten(book, "xl/sharedStrings.xml", strings)
    try:
        rows = read(attacked, tmp_path)
    except FileRefused:
        return
    assert "CONTENU-SECRET" not in str(rows)
    assert "bbb" not in str(rows)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (rewritten(as_xlsx([HEADINGS]), "xl/workbook.xml", b"<workbook"), Code.DAMAGED),
        (as_xlsx([]), Code.EMPTY_WORKBOOK),
        (b"PK\x03\x04" + b"0" * 1000, Code.DAMAGED),
    ],
)
def test_a_broken_workbook_is_refused(content: bytes, code: Code, tmp_path: Path) -> None:
    assert refused(content, tmp_path).code == code


def workbook(sheets: dict[str, list[list[Any]]], **given: Any) -> bytes:
    """A workbook of named sheets; `zeros`: a format of the first column; `rows`, `columns`: those that are hidden."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        zeros = book.add_format({"num_format": given.get("zeros", "0")})
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            for at, line in enumerate(lines):
                for place, value in enumerate(line):
                    sheet.write(at, place, value, zeros if place == 0 and isinstance(value, int) else None)
        for at in given.get("rows", ()):
            sheet.set_row(at, None, None, {"hidden": True})
        for place in given.get("columns", ()):
            sheet.set_column(place, place, None, None, {"hidden": True})
    return buffer.getvalue()


TITLES = ["Matricule", "Nom", "Prénom", "E-mail", "Date d'embauche"]


def people(count: int) -> list[list[Any]]:
    return [[rank, "Durand", "Zoé", f"z{rank}@exemple.fr", "05/09/2018"] for rank in range(451, 451 + count)]


def test_the_zeros_that_a_cell_shows_are_kept(tmp_path: Path) -> None:
    content = workbook({"S": [TITLES, *people(1)]}, zeros="000000")
    assert read(content, tmp_path)[0].values["matricule"] == "000451"


@pytest.mark.parametrize("first", ["Lisez-moi", "Vide"])
def test_the_first_sheet_with_our_headings_is_read_and_named(first: str, tmp_path: Path) -> None:
    notes = [["À lire avant de commencer"], ["Une ligne par personne"]] if first == "Lisez-moi" else []
    path = tmp_path / "source"
    path.write_bytes(workbook({first: notes, "Salariés": [TITLES, *people(2)], "Anciens": [TITLES, *people(3)]}))
    table = open_table(path, tmp_path)
    assert (table.sheet, len(list(table.lines()))) == ("Salariés", 2)


@pytest.mark.parametrize("with_hidden", [False, True])
def test_what_is_hidden_is_counted_and_left_out_unless_asked_for(with_hidden: bool, tmp_path: Path) -> None:
    path = tmp_path / "source"
    titles = [*TITLES, "Catégorie"]
    lines = [[*line, "Cadre"] for line in people(5)]
    path.write_bytes(workbook({"S": [titles, *lines]}, rows=[2, 4], columns=[5]))
    table = open_table(path, tmp_path, with_hidden=with_hidden)
    found = [(line, len(cells)) for line, cells in table.lines()]
    assert found == ([(rank, 6) for rank in range(2, 7)] if with_hidden else [(2, 5), (4, 5), (6, 5)])
    assert (table.hidden_rows, table.hidden_columns) == ((0, 0) if with_hidden else (2, 1))


def test_a_hidden_column_that_is_needed_is_said_hidden_and_not_missing(tmp_path: Path) -> None:
    refusal = refused(workbook({"S": [TITLES, *people(1)]}, columns=[3]), tmp_path)
    assert refusal.code == Code.COLUMN_HIDDEN
    assert "masquées" in str(refusal)


def test_a_workbook_all_hidden_says_so(tmp_path: Path) -> None:
    assert refused(workbook({"S": [TITLES, *people(1)]}, rows=[0, 1]), tmp_path).code == Code.ALL_HIDDEN


def test_every_column_of_the_model_is_recognised_by_its_own_name() -> None:
    assert recognise(HEADINGS) == {column.heading: place for place, column in enumerate(FIELDS)}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Zoé", "Zoé"),
        ("Zoe\u0301", "Zoé"),
        (" Durand", "Durand"),
        ("Zoé ", "Zoé"),
        ("De  la\u00a0Tour", "De la Tour"),
        ("李\u202f小龙", "李 小龙"),
    ],
)
def test_a_text_is_kept_composed_its_blanks_single(text: str, kept: str) -> None:
    assert values.tidy(text) == kept


@pytest.mark.parametrize("text", ["Du\ufffdrand", "Du\nrand", "Du\u200brand", "\ud83d", "Zo\u00e9\u202e"])
def test_what_no_eye_sees_is_refused(text: str) -> None:
    with pytest.raises(values.ValueRefused):
        values.tidy(text)
