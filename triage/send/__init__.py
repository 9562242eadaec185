"""Storage SCU: captures to a PACS, and what each answer means."""
