"""What happens to a batch: the rules, the simulation, the rows; numpy only, no I/O."""
