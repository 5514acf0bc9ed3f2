"""Files for payroll: the profiles of a company, their columns, and what leaves with which marker."""
