"""What who runs the portal sees of it and does to it: docs/operations.md."""
