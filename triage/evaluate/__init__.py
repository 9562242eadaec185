"""How good predictions are, and how well readers agree, with intervals. No torch here."""
