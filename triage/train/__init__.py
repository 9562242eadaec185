"""Training: data sets, augmentation, loop."""
