"""One address for one employee, of those who have one: the rule of before goes once the new one holds."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0046_letters")]

    operations = [
        migrations.AddConstraint(
            "employee",
            models.UniqueConstraint(
                condition=models.Q(("left_on__isnull", True)) & ~models.Q(("professional_email", "")),
                fields=("employer", "professional_email"),
                name="employee_address_once",
                violation_error_message="Cette adresse est déjà celle d’un salarié de l’entreprise.",
            ),
        ),
        migrations.RemoveConstraint("employee", "employee_email_once"),
    ]
