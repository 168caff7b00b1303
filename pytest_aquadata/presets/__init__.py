"""What is farmed, where and when: the farm, the planner, the schedule, the named presets."""
