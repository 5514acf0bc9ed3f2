from django.urls import include, path

from accounts.views import activation, second_factor, session
from dispenses.employer import api_access, company, imports, invitations

COMPANY_API = [
    path("", api_access.api_acces, name="api_acces"),
    path("jetons/nouveau/", api_access.jeton_nouveau, name="jeton_nouveau"),
    path("jetons/<int:token_id>/revoquer/", api_access.jeton_revoquer, name="jeton_revoquer"),
    path("webhooks/nouveau/", api_access.webhook_nouveau, name="webhook_nouveau"),
    path("webhooks/<int:endpoint_id>/", api_access.webhook, name="webhook"),
    path("webhooks/<int:endpoint_id>/essai/", api_access.webhook_essai, name="webhook_essai"),
    path("webhooks/<int:endpoint_id>/secret/", api_access.webhook_secret, name="webhook_secret"),
    path("webhooks/<int:endpoint_id>/suspendre/", api_access.webhook_pause, name="webhook_pause"),
    path(
        "webhooks/<int:endpoint_id>/supprimer/",
        api_access.webhook_supprimer,
        name="webhook_supprimer",
    ),
    path(
        "webhooks/<int:endpoint_id>/appels/<int:call_id>/renvoyer/",
        api_access.webhook_renvoyer,
        name="webhook_renvoyer",
    ),
]

urlpatterns = [
    path("connexion/", session.SignInView.as_view(), name="connexion"),
    path("deconnexion/", session.deconnexion, name="deconnexion"),
    path("mot-de-passe-oublie/", session.mot_de_passe_oublie, name="mot_de_passe_oublie"),
    path("mot-de-passe/fait/", session.mot_de_passe_fait, name="mot_de_passe_fait"),
    path("mot-de-passe/<str:uidb64>/<str:token>/", session.mot_de_passe_nouveau, name="mot_de_passe_nouveau"),
    path("second-facteur/", second_factor.second_facteur, name="second_facteur"),
    path("second-facteur/activer/", second_factor.second_facteur_activer, name="second_facteur_activer"),
    path("second-facteur/secours/", second_factor.second_facteur_secours, name="second_facteur_secours"),
    path("second-facteur/gerer/", second_factor.second_facteur_gerer, name="second_facteur_gerer"),
    path("mes-informations/", session.mes_informations, name="mes_informations"),
    path("activation/terminee/", activation.activation_terminee, name="activation_terminee"),
    path("activation/<str:token>/", activation.activation, name="activation"),
    path("activation/<str:token>/compte/", activation.activation_compte, name="activation_compte"),
    path("activation/<str:token>/code/", activation.activation_code, name="activation_code"),
    path("activation/<str:token>/rattacher/", activation.activation_rattacher, name="activation_rattacher"),
    path("activation/<str:token>/pas-moi/", activation.activation_pas_moi, name="activation_pas_moi"),
    path("activation/<str:token>/nouveau-lien/", activation.activation_nouveau_lien, name="activation_nouveau_lien"),
    path("employeur/<int:employer_id>/pre-affilier/", invitations.pre_affilier, name="pre_affilier"),
    path("employeur/salaries/<int:employee_id>/corriger/", company.corriger, name="corriger"),
    path("employeur/<int:employer_id>/relancer/", company.relancer, name="relancer"),
    path("employeur/<int:employer_id>/correspondants/", company.equipe, name="equipe"),
    path("employeur/<int:employer_id>/recapitulatif/", company.recapitulatif, name="recapitulatif"),
    path("employeur/correspondants/<int:role_id>/retirer/", company.equipe_retirer, name="equipe_retirer"),
    path("recapitulatif/<str:signed>/", company.desabonner, name="desabonner"),
    path("employeur/<int:employer_id>/importer/", imports.importer, name="importer"),
    path("employeur/importer/modele.csv", imports.import_modele, {"kind": "csv"}, name="import_modele_csv"),
    path("employeur/importer/modele.xlsx", imports.import_modele, {"kind": "xlsx"}, name="import_modele_xlsx"),
    path("employeur/imports/<int:run_id>/", imports.import_salaries, name="import_salaries"),
    path("employeur/imports/<int:run_id>/lancer/", imports.import_lancer, name="import_lancer"),
    path("employeur/imports/<int:run_id>/abandonner/", imports.import_abandonner, name="import_abandonner"),
    path("employeur/imports/<int:run_id>/lignes-a-corriger.csv", imports.import_erreurs, name="import_erreurs"),
    path("employeur/salaries/<int:employee_id>/renvoyer/", invitations.renvoyer, name="renvoyer"),
    path("employeur/salaries/<int:employee_id>/revoquer/", invitations.revoquer, name="revoquer"),
    path("employeur/<int:employer_id>/api/", include(COMPANY_API)),
]
