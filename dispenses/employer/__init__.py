"""What a correspondent sees."""
