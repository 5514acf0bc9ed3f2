"""The URSSAF pack: what an employer shows of its dispenses over a period, in one sealed ZIP."""
