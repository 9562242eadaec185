"""Other projects' checkpoints: read without running them, and turned into bundles."""
