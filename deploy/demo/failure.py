"""What ends a demonstration early."""


class DemoFailed(Exception):
    """Something the demonstration needs did not work; the message tells a person what."""
