from django.urls import include, path

from dispenses.contact import views as contact

urlpatterns = [
    path("contact/", contact.contact, name="contact"),
    path("", include("dispenses.guide.urls")),
    path("", include("dispenses.member.urls")),
    path("", include("dispenses.employer.urls")),
]
