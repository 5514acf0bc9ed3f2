"""The words that the portal puts in place of some of Django's."""

import ast
import gettext
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "portal" / "locale" / "fr" / "LC_MESSAGES"


def written() -> dict[str, str]:
    """Each message of the source, « » that of its head."""
    said: list[str] = []
    for line in (FOLDER / "django.po").read_text(encoding="utf-8").splitlines():
        keyword, _, rest = line.partition('"')
        if keyword.startswith("msg"):
            said.append("")
        if rest:
            said[-1] += str(ast.literal_eval(f'"{rest}'))
    return dict(zip(said[::2], said[1::2], strict=True))


def test_what_is_compiled_is_what_is_written() -> None:
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert {said: compiled.gettext(said) for said in written() if said} == {k: v for k, v in written().items() if k}
