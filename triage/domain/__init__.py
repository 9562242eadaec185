"""Frozen values that every station shares; standard library and NumPy only."""
