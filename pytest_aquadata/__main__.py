"""`python -m pytest_aquadata` is the `aquadata` command."""

from .cli import main

if __name__ == "__main__":
    raise SystemExit(main())
