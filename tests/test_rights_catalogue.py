"""Every page that somebody may open has a line in the catalogue, which is opened in Chromium."""

from tests import dev_urls
from tests.catalogue import DESK, DEVELOPMENT, NO_PAGE, PORTAL, STATES, lines
from tests.test_rights import ADDRESSES, ADMIN, TABLE, addresses

NOWHERE = {"conn", "401", "403", "404", "405"}
HOW = (
    "Une page sans ligne : ajoutez à PORTAL ou DESK, dans tests/catalogue.py, le nom de son adresse, qui l’ouvre et "
    "dans quels états (« titulaire: filled error long »). Si ce n’est pas une page, dites pourquoi dans NO_PAGE."
)


def opens(key: str) -> bool:
    """Whether a GET of that address gives anybody something."""
    return not set((TABLE | ADMIN)[key].split()) <= NOWHERE


def test_every_page_has_a_line() -> None:
    said = {line.key for line in lines(PORTAL | DESK)}
    left_out = {key for keys in NO_PAGE.values() for key in keys}
    to_the_form = {key for key in ADDRESSES if key.endswith("/<path:object_id>/")}  # of Django, as it was before 1.9
    assert {key for key in ADDRESSES if opens(key)} - said - left_out - to_the_form == set(), HOW
    assert (said | left_out) - set(ADDRESSES) == set(), "Une ligne dont l’adresse n’existe plus : retirez-la."
    assert said & left_out == set()
    assert {line.key for line in lines(DESK)} <= set(ADMIN)


def test_every_page_of_development_has_a_line() -> None:
    names = dict(addresses(dev_urls.urlpatterns))
    assert set(names) - set(ADDRESSES) - {"boite_envoi_piece"} == set(DEVELOPMENT), "Une ligne dans DEVELOPMENT"


def test_every_state_is_opened_somewhere() -> None:
    assert {line.state for line in lines(PORTAL | DESK)} == set(STATES)
