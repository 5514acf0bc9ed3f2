"""What the management centre decides of a request: one module for each decision, `registry.py` gathers them."""
