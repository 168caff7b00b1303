"""`python -m pytest_aquadata` is the `aquadata` command."""

from .cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
