"""The subcommands of `aquadata`, one a module: `add` describes it, `run` does it."""
