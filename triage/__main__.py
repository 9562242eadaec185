"""``python -m triage`` is the same as ``triage``."""

from triage.cli.commands import main

if __name__ == "__main__":
    main()
