"""Growth analysis of a database: reads recorded data, writes states and projections."""
