"""Members of the management centre, as an administrator manages them."""

from typing import ClassVar

from accounts.models.users import User


class StaffAccount(User):
    """The same row as the account: its own name gives it its own rights, which never reach passwords or superusers."""

    class Meta:
        proxy = True
        verbose_name = "membre du centre"
        verbose_name_plural = "membres du centre"
        ordering: ClassVar[list[str]] = ["last_name", "first_name", "pk"]
