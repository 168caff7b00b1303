"""Growth analysis: the actual, planned and expected growth of a batch.

Pure functions over arrays, in four steps:

1. `observation_reader` collects the recorded data of a batch: its `Observations`.
2. `model_reader` reads the growth, feed and mortality models of a database: its `ModelLibrary`.
3. `assimilate` combines both into a state for every assignment and day, `project` follows a
   scenario, and `project_from_today` continues from the latest states to harvest.
4. `result_columns` turns states, scenarios and projections into rows.
"""
