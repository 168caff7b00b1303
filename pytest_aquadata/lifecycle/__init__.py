"""Simulation of one batch: rules, life and rows of its events; numpy only, no I/O."""
