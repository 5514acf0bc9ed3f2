"""A row for each request: when it is due, who has it, where the employee stands, the figures."""
