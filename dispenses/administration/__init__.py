"""What an administrator of the insurer sets: motifs and standard phrases. Registered by dispenses.admin."""
