"""Run the `aquadata` command as `python -m pytest_aquadata`."""

from .cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
