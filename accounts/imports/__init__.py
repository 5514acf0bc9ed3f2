"""A whole company in one file: read, checked, previewed, then written in batches."""
