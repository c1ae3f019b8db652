"""Allow ``python -m workbench`` where the command ``rwe`` is not on the path."""

from workbench.cli import main

if __name__ == "__main__":
    main()
