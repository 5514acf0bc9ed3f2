from django.urls import path

from accounts.views import activation, colleagues, letters, second_factor, session

urlpatterns = [
    path("connexion/", session.SignInView.as_view(), name="connexion"),
    path("deconnexion/", session.deconnexion, name="deconnexion"),
    path("mot-de-passe-oublie/", session.mot_de_passe_oublie, name="mot_de_passe_oublie"),
    path("mot-de-passe/fait/", session.mot_de_passe_fait, name="mot_de_passe_fait"),
    path("mot-de-passe/<str:uidb64>/<str:token>/", session.mot_de_passe_nouveau, name="mot_de_passe_nouveau"),
    path("second-facteur/", second_factor.second_facteur, name="second_facteur"),
    path("second-facteur/adresse/", second_factor.second_facteur_adresse, name="second_facteur_adresse"),
    path("second-facteur/activer/", second_factor.second_facteur_activer, name="second_facteur_activer"),
    path("second-facteur/secours/", second_factor.second_facteur_secours, name="second_facteur_secours"),
    path("second-facteur/gerer/", second_factor.second_facteur_gerer, name="second_facteur_gerer"),
    path("second-facteur/cle/", second_factor.second_facteur_cle, name="second_facteur_cle"),
    path("second-facteur/cles/ajouter/", second_factor.cle_ajouter, name="cle_ajouter"),
    path("second-facteur/cles/enregistrer/", second_factor.cle_enregistrer, name="cle_enregistrer"),
    path("second-facteur/cles/<int:passkey_id>/retirer/", second_factor.cle_retirer, name="cle_retirer"),
    path("mes-informations/", session.mes_informations, name="mes_informations"),
    path("mes-informations/adresse/", session.mon_adresse, name="mon_adresse"),
    path("mes-informations/adresse/code/", session.mon_adresse_code, name="mon_adresse_code"),
    path("adresse-precedente/<str:token>/", session.mon_adresse_retablir, name="mon_adresse_retablir"),
    path("mes-sessions/", session.mes_sessions, name="mes_sessions"),
    path("code/", letters.activation_lettre, name="activation_lettre"),
    path("activation/terminee/", activation.activation_terminee, name="activation_terminee"),
    path("activation/correspondant/<str:token>/", colleagues.correspondant_invitation, name="correspondant_invitation"),
    path("activation/<str:token>/", activation.activation, name="activation"),
    path("activation/<str:token>/compte/", activation.activation_compte, name="activation_compte"),
    path("activation/<str:token>/code/", activation.activation_code, name="activation_code"),
    path("activation/<str:token>/rattacher/", activation.activation_rattacher, name="activation_rattacher"),
    path(
        "activation/<str:token>/rattacher/code/",
        activation.activation_rattacher_code,
        name="activation_rattacher_code",
    ),
    path("activation/<str:token>/pas-moi/", activation.activation_pas_moi, name="activation_pas_moi"),
    path("activation/<str:token>/nouveau-lien/", activation.activation_nouveau_lien, name="activation_nouveau_lien"),
]
