from django.urls import include, path

urlpatterns = [
    path("", include("dispenses.guide.urls")),
    path("", include("dispenses.member.urls")),
    path("", include("dispenses.employer.urls")),
]
