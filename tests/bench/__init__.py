"""`make bench`: the portal against the plainest thing that does the same work, both measured in one run."""
