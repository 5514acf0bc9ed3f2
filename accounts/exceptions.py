"""What is refused to a person about accounts. Each refusal has its code: nobody looks inside the French sentence."""

from enum import StrEnum

from portal.lib.refusals import Refusal


class Code(StrEnum):
    """Why, for a program: every code of `accounts` but those of files, in `accounts/imports/exceptions.py`."""

    # An employee is not declared (AlreadyPreAffiliated, with the field that is another employee's)
    TWIN = "twin"

    # A link or a code does not open an account (ActivationRefused)
    LINK_USED = "link_used"
    LINK_REVOKED = "link_revoked"
    LINK_EXPIRED = "link_expired"
    NOT_BEGUN = "not_begun"  # step 1 comes first
    TOO_MANY_CODES = "too_many_codes"  # the next one has to wait
    TOO_MANY_TRIES = "too_many_tries"  # ask for another code
    CODE_EXPIRED = "code_expired"
    ALREADY_ATTACHED = "already_attached"  # the account stands for somebody else of this employer
    ACCOUNT_EXISTS = "account_exists"  # sign in, then attach the employer
    NO_ADDRESS = "no_address"  # to which a code could go
    PASSWORD_NEEDED = "password_needed"  # the session came through an organisation  # noqa: S105

    WRONG_CODE = "wrong_code"  # of the activation or of the second factor

    # A code does not open the session (SecondFactorRefused)
    NO_FACTOR = "no_factor"
    CLOSED = "closed"  # too many wrong codes: wait
    PASSKEY_REFUSED = "passkey_refused"  # its answer is not one to what was offered
    PASSKEY_TAKEN = "passkey_taken"
    TOO_MANY_PASSKEYS = "too_many_passkeys"
    FACTOR_CHANGED = "factor_changed"  # another session was first
    FACTOR_UNREADABLE = "factor_unreadable"  # an administrator resets it

    # Somebody whom an organisation knows is not let in (ProviderRefused)
    PROVIDER_SILENT = "provider_silent"
    PROVIDER_ANSWER = "provider_answer"  # not one to what was asked
    LEVEL_TOO_LOW = "level_too_low"
    ADDRESS_UNPROVEN = "address_unproven"
    NO_ACCOUNT = "no_account"
    HOLDS_A_FILE = "holds_a_file"  # of an employee: the password alone opens it
    OTHER_IDENTITY = "other_identity"  # the account is somebody else's there

    # A password is not looked at (WaitBeforeTrying)
    WAIT = "wait"

    # A mail is not sent again yet (SentTooOften)
    SENT_TOO_OFTEN = "sent_too_often"

    # A token of the API is not made, taken over or accepted (TokenRefused, with its field)
    NO_SCOPE = "no_scope"
    BAD_END = "bad_end"
    NAME_TAKEN = "name_taken"
    TOO_MANY_TOKENS = "too_many_tokens"
    TOKEN_DEAD = "token_dead"  # revoked or expired: another one is made  # noqa: S105
    TOKEN_STOPPED = "token_stopped"  # its holder acts for the employer no more  # noqa: S105

    # Correspondents and members of the centre (CompanyRefused, StaffRefused)
    ALREADY_CORRESPONDENT = "already_correspondent"
    ONESELF = "oneself"  # a colleague does it
    NOT_CORRESPONDENT = "not_correspondent"
    SETTLED = "settled"  # somebody else decided of it
    JUST_SENT = "just_sent"  # a link has just left: wait
    TOO_MANY_INVITATIONS = "too_many_invitations"  # cancel some
    NOT_INVITED = "not_invited"  # another address is
    INVITATION_DEAD = "invitation_dead"  # ask for another
    NOT_ADMINISTRATOR = "not_administrator"  # an administrator does it
    ADDRESS_TAKEN = "address_taken"

    # An employment of before is not changed any more (EmploymentRefused)
    REHIRED = "rehired"
    TRANSFERRED = "transferred"  # the same contract goes on at another employer

    # The insurer's contract of the employer is over: everything is read only (ContractOver)
    CONTRACT_OVER = "contract_over"


class AlreadyPreAffiliated(Refusal):
    """The employer already has this employee: `field` tells by what."""


class ActivationRefused(Refusal):
    """A link or a code that cannot be used. `field` names the wrong input, "" for the link."""


class SecondFactorRefused(Refusal):
    """A code that does not open the session."""


class ProviderRefused(Refusal):
    """A sign-in through one's organisation that opens no session."""


class WaitBeforeTrying(Refusal):
    """Too many wrong passwords: the next one is looked at in `seconds`."""

    def __init__(self, message: str, *, seconds: int) -> None:
        super().__init__(message, code=Code.WAIT)
        self.seconds = seconds


class SentTooOften(Refusal):
    """Too many mails of one kind to one person: the message says when the next one may be sent."""


class TokenRefused(Refusal):
    """A token of the API cannot be made, taken over, or used any more."""


class KeyUsedOtherwise(Exception):
    """An idempotency key that already served for another content."""


class StaffRefused(Refusal):
    """An account that cannot become a member of the centre."""


class EmploymentRefused(Refusal):
    """A change of an employment that another one of the same person follows, here or at another employer."""


class ContractOver(Refusal):
    """Anything that would change an employee of an employer whose contract with the insurer is over."""

    def __init__(self, message: str, *, employer_id: int) -> None:
        super().__init__(message, code=Code.CONTRACT_OVER)
        self.employer_id = employer_id


class CompanyRefused(Refusal):
    """An act on the company's correspondents that is not possible."""
