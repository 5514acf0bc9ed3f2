"""Documents of the demonstration."""

from portal.lib.pdf import pdf

TEMPLATE = """#let data = json(bytes(sys.inputs.data))
#set document(title: data.title)
#set text(lang: "fr")
#for number in range(data.pages) [
  #if number > 0 [#pagebreak()]
  = #data.title

  #data.name

  Document de démonstration, sans valeur.
]
"""


def sample_document(title: str, name: str, *, pages: int = 1) -> bytes:
    """A PDF standing for a justificatif; each page says so on its face."""
    return pdf(TEMPLATE, {"title": title, "name": name, "pages": pages})
