"""The life of a dispense after the decision: what time brings, what its employee says, what a contract changes."""
