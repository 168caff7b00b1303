"""The `aquadata` command, one module for each subcommand."""
