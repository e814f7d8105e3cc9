"""A client's folder on one side, the checked and frozen inputs of the three pillars on the other."""
