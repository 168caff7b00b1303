"""Farm, planner, schedule and named presets: all that is settled before the simulation."""
