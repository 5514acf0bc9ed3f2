"""What each group of the management centre may do with requests. Whoever adds a model or a permission adds its line."""

from accounts.enums import StaffGroup

# Rows of their own (notes, saved views…), and answers, that those who examine write.
OWN_THINGS: frozenset[str] = frozenset({"dispenses.add_internalnote", "dispenses.change_question"})
_EXAMINE: tuple[str, ...] = (
    "dispenses.view_dispense",
    "dispenses.change_dispense",
    "dispenses.view_motif",
    "dispenses.view_requiredjustificatif",
    "dispenses.view_standardphrase",
    "dispenses.view_question",
    *sorted(OWN_THINGS),
)
_LEAD: tuple[str, ...] = (
    "dispenses.reopen_dispense",
    "dispenses.reassign_dispense",
    "dispenses.bulk_decide_dispense",
    "dispenses.view_pictures",
    "dispenses.view_consultations",
    "dispenses.view_evidencepack",
    "dispenses.download_evidencepack",
    "dispenses.view_listexport",
    "dispenses.view_legalhold",
    "dispenses.view_forgetting",
    "dispenses.view_tombstone",
    "dispenses.view_transfer",
)
_ADMINISTER: tuple[str, ...] = (
    "dispenses.view_motif",
    "dispenses.change_motif",
    "dispenses.delete_motif",
    "dispenses.view_requiredjustificatif",
    "dispenses.add_requiredjustificatif",
    "dispenses.change_requiredjustificatif",
    "dispenses.delete_requiredjustificatif",
    "dispenses.view_standardphrase",
    "dispenses.add_standardphrase",
    "dispenses.change_standardphrase",
    "dispenses.delete_standardphrase",
    "dispenses.view_evidencepack",
    "dispenses.view_listexport",
    "dispenses.view_legalhold",
    "dispenses.add_legalhold",
    "dispenses.change_legalhold",
    "dispenses.view_forgetting",
    "dispenses.view_tombstone",
    "dispenses.view_leavingfile",
    "dispenses.view_transfer",
    "dispenses.add_transfer",
    "dispenses.change_transfer",
)
RIGHTS: dict[str, tuple[str, ...]] = {
    StaffGroup.GESTIONNAIRE: _EXAMINE,
    StaffGroup.RESPONSABLE: _EXAMINE + _LEAD,
    StaffGroup.ADMINISTRATEUR: _ADMINISTER,
}
