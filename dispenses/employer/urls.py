from django.urls import include, path

from dispenses.employer import (
    api_access,
    company,
    employee,
    employees,
    evidence,
    exports,
    guide_to_share,
    imports,
    invitations,
)

COMPANY_API = [
    path("", api_access.api_acces, name="api_acces"),
    path("jetons/nouveau/", api_access.jeton_nouveau, name="jeton_nouveau"),
    path("jetons/<int:token_id>/revoquer/", api_access.jeton_revoquer, name="jeton_revoquer"),
    path("jetons/<int:token_id>/reprendre/", api_access.jeton_reprendre, name="jeton_reprendre"),
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
    path("employeur/", employees.salaries, name="salaries"),
    path("employeur/<int:employer_id>/exports/<slug:liste>/<slug:forme>/", exports.exporter, name="exporter"),
    path("employeur/preuves/", evidence.preuves, name="preuves"),
    path("employeur/<int:employer_id>/preuves/demander/", evidence.preuves_demander, name="preuves_demander"),
    path("employeur/preuves/<int:pack_id>/telecharger/", evidence.preuves_telecharger, name="preuves_telecharger"),
    path("employeur/salaries/<int:employee_id>/", employee.salarie, name="salarie"),
    path("employeur/<int:employer_id>/pre-affilier/", invitations.pre_affilier, name="pre_affilier"),
    path("employeur/salaries/<int:employee_id>/corriger/", company.corriger, name="corriger"),
    path("employeur/<int:employer_id>/relancer/", company.relancer, name="relancer"),
    path("employeur/<int:employer_id>/correspondants/", company.equipe, name="equipe"),
    path("employeur/<int:employer_id>/guide/", guide_to_share.guide_a_partager, name="guide_a_partager"),
    path("employeur/<int:employer_id>/guide/changer/", guide_to_share.guide_changer, name="guide_changer"),
    path("employeur/<int:employer_id>/recapitulatif/", company.recapitulatif, name="recapitulatif"),
    path(
        "employeur/correspondants/invitations/<int:invitation_id>/renvoyer/",
        company.collegue_renvoyer,
        name="collegue_renvoyer",
    ),
    path(
        "employeur/correspondants/invitations/<int:invitation_id>/annuler/",
        company.collegue_annuler,
        name="collegue_annuler",
    ),
    path("employeur/correspondants/<int:role_id>/retirer/", company.equipe_retirer, name="equipe_retirer"),
    path("recapitulatif/<str:signed>/", company.desabonner, name="desabonner"),
    path("employeur/<int:employer_id>/importer/", imports.importer, name="importer"),
    path("employeur/importer/modele.csv", imports.import_modele, {"kind": "csv"}, name="import_modele_csv"),
    path("employeur/importer/modele.xlsx", imports.import_modele, {"kind": "xlsx"}, name="import_modele_xlsx"),
    path("employeur/imports/<int:run_id>/", imports.import_salaries, name="import_salaries"),
    path("employeur/imports/<int:run_id>/lancer/", imports.import_lancer, name="import_lancer"),
    path("employeur/imports/<int:run_id>/colonnes/", imports.import_colonnes, name="import_colonnes"),
    path("employeur/imports/<int:run_id>/abandonner/", imports.import_abandonner, name="import_abandonner"),
    path("employeur/imports/<int:run_id>/lignes-a-corriger.csv", imports.import_erreurs, name="import_erreurs"),
    path("employeur/salaries/<int:employee_id>/renvoyer/", invitations.renvoyer, name="renvoyer"),
    path("employeur/salaries/<int:employee_id>/revoquer/", invitations.revoquer, name="revoquer"),
    path("employeur/<int:employer_id>/api/", include(COMPANY_API)),
]
