"""Film and heat map to the picture that goes back, with its panel."""
