"""Processes, signals and clocks: the composition roots of the daemon."""
