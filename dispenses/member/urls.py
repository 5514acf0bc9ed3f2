from django.urls import path

from dispenses.member import actes, completing, documents, exchanges, follow_up, home, life, my_data, upload, wizard

urlpatterns = [
    path("", home.accueil, name="accueil"),
    path("acte/<int:text_id>/", actes.acte_texte, name="acte_texte"),
    path("mes-donnees/", my_data.mes_donnees, name="mes_donnees"),
    path("mes-donnees/copie/", my_data.mes_donnees_copie, name="mes_donnees_copie"),
    path("demandes/", follow_up.demandes, name="demandes"),
    path("demandes/nouvelle/", wizard.demande_nouvelle, name="demande_nouvelle"),
    path("demandes/<int:number>/reprendre/", wizard.demande_reprendre, name="demande_reprendre"),
    path("demandes/<int:number>/situation/", wizard.demande_situation, name="demande_situation"),
    path("demandes/<int:number>/motif/", wizard.demande_motif, name="demande_motif"),
    path("demandes/<int:number>/justificatifs/", wizard.demande_justificatifs, name="demande_justificatifs"),
    path("demandes/<int:number>/documents/", documents.demande_documents, name="demande_documents"),
    path("demandes/<int:number>/justificatifs/ajouter/", upload.justificatif_ajouter, name="justificatif_ajouter"),
    path("demandes/<int:number>/justificatifs/<int:pk>/", documents.justificatif, name="justificatif"),
    path(
        "demandes/<int:number>/justificatifs/<int:pk>/apercu/",
        documents.justificatif_apercu,
        name="justificatif_apercu",
    ),
    path(
        "demandes/<int:number>/justificatifs/<int:pk>/apercu/<int:page>/",
        documents.justificatif_page,
        name="justificatif_page",
    ),
    path(
        "demandes/<int:number>/justificatifs/<int:pk>/ensemble.pdf",
        documents.justificatif_ensemble,
        name="justificatif_ensemble",
    ),
    path(
        "demandes/<int:number>/justificatifs/<int:pk>/monter/",
        upload.justificatif_monter,
        name="justificatif_monter",
    ),
    path(
        "demandes/<int:number>/justificatifs/<int:pk>/retirer/",
        upload.justificatif_retirer,
        name="justificatif_retirer",
    ),
    path("demandes/<int:number>/verification/", wizard.demande_verification, name="demande_verification"),
    path("demandes/<int:number>/accuse/", follow_up.demande_accuse, name="demande_accuse"),
    path("demandes/<int:number>/recu.pdf", follow_up.demande_recu, name="demande_recu"),
    path("demandes/<int:number>/attestation.pdf", life.demande_attestation, name="demande_attestation"),
    path("demandes/<int:number>/messages/", exchanges.demande_messages, name="demande_messages"),
    path("demandes/<int:number>/completer/", completing.demande_completer, name="demande_completer"),
    path(
        "demandes/<int:number>/completer/motif/",
        completing.demande_completer_motif,
        name="demande_completer_motif",
    ),
    path("demandes/<int:number>/confirmer/", life.demande_confirmer, name="demande_confirmer"),
    path("demandes/<int:number>/confirmee/", life.demande_confirmee, name="demande_confirmee"),
    path("demandes/<int:number>/confirmation.pdf", life.demande_confirmation, name="demande_confirmation"),
    path("demandes/<int:number>/changement/", life.demande_changement, name="demande_changement"),
    path("demandes/<int:number>/adhesion/", life.demande_adhesion, name="demande_adhesion"),
    path("demandes/<int:number>/fin/", life.demande_fin, name="demande_fin"),
    path("demandes/<int:number>/annuler/", follow_up.demande_annuler, name="demande_annuler"),
    path("demandes/<int:number>/abandonner/", follow_up.demande_abandonner, name="demande_abandonner"),
]
