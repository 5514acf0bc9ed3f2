"""What an employer declares of an employee: each field told once, for the form, the file, the API and the exports."""
