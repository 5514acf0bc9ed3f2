"""Loaders: without the right there is no object, and the answer is 404."""

from django.shortcuts import get_object_or_404

from accounts.models import Employer
from accounts.permissions import MAX_ID
from dispenses.models import PayrollFile, PayrollProfile


def get_payroll_profile(employer: Employer, profile_id: int) -> PayrollProfile:
    """A profile of an employer that one already manages. Raises Http404 otherwise."""
    profiles = PayrollProfile.objects.select_related("employer")
    return get_object_or_404(profiles, employer=employer, pk=min(profile_id, MAX_ID))


def get_payroll_file(profile: PayrollProfile, file_id: int) -> PayrollFile:
    """A file of a profile that one already has. Raises Http404 otherwise."""
    files = PayrollFile.objects.select_related("profile__employer")
    return get_object_or_404(files, profile=profile, pk=min(file_id, MAX_ID))
