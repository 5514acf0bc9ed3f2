"""The API of the employer's HR software, under /api/v1/."""
