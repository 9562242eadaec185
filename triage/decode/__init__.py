"""From a Part 10 file, a PNG or a JPEG to a film, or to a refusal."""
