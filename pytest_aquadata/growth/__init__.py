"""Growth analysis over a database: recorded data in, states and projections out."""
