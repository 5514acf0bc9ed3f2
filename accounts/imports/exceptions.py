class FileRefused(Exception):
    """The whole file cannot be read; the message is French and says what to do."""
