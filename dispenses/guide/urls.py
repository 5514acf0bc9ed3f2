from django.urls import path

from dispenses.guide import letters, views

urlpatterns = [
    path("puis-je-etre-dispense/", views.puis_je, name="puis_je"),
    path("puis-je-etre-dispense/demander/", views.puis_je_demander, name="puis_je_demander"),
    path("puis-je-etre-dispense/lettre/<slug:piece>/lettre.pdf", letters.lettre_pdf, name="lettre_pdf"),
    path("puis-je-etre-dispense/lettre/<slug:piece>/lettre.txt", letters.lettre_texte, name="lettre_texte"),
    path("guide-entreprise/<str:key>/", views.puis_je_entreprise, name="puis_je_entreprise"),
]
