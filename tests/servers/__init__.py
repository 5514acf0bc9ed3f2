"""Real servers for the tests, run as ordinary processes in a temporary folder on free ports."""
