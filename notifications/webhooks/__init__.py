"""Events announced to the addresses of an owner: signed, retried, never to an inner network."""
