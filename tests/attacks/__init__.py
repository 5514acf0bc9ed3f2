"""What was tried against the whole portal and fits no room: each held, or was mended in its own room."""
