"""People: accounts, employers, the employees they declare and the invitations these receive."""

from accounts.models.api import TOKEN_LIFETIME, ApiToken, IdempotentRequest
from accounts.models.appointments import Appointment
from accounts.models.colleagues import ColleagueInvitation
from accounts.models.company import CompanyEvent, ReminderRun
from accounts.models.employers import Acte, Correspondent, Employee, Employer, employed, first_standing, insured
from accounts.models.factors import AddressCode, Authenticator, Passkey, PasskeyChallenge, RecoveryCode
from accounts.models.identities import Identity
from accounts.models.imports import ImportRun, imports_storage
from accounts.models.invitations import INVITATION_LIFETIME, LIVE, Invitation, InvitationLink
from accounts.models.journal import JournalEntry
from accounts.models.sessions import Session
from accounts.models.staff import StaffAccount
from accounts.models.tries import TryCount
from accounts.models.users import FormerAddress, PasswordResetRequest, User, UserManager, normalize_email

__all__ = [
    "INVITATION_LIFETIME",
    "LIVE",
    "TOKEN_LIFETIME",
    "Acte",
    "AddressCode",
    "ApiToken",
    "Appointment",
    "Authenticator",
    "ColleagueInvitation",
    "CompanyEvent",
    "Correspondent",
    "Employee",
    "Employer",
    "FormerAddress",
    "IdempotentRequest",
    "Identity",
    "ImportRun",
    "Invitation",
    "InvitationLink",
    "JournalEntry",
    "Passkey",
    "PasskeyChallenge",
    "PasswordResetRequest",
    "RecoveryCode",
    "ReminderRun",
    "Session",
    "StaffAccount",
    "TryCount",
    "User",
    "UserManager",
    "employed",
    "first_standing",
    "imports_storage",
    "insured",
    "normalize_email",
]
