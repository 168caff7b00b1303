"""A build from plan to finished database: plan, simulate, load, index, check."""
