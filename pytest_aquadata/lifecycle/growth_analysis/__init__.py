"""Growth analysis: where a batch really is, where its plan said it would be, where it is going.

Pure functions over arrays. `observations` is what is known of a batch, `library` the models of a
database, `assimilate` turns both into a state for every assignment and day, `projection` follows a
scenario, `forward` goes on from today to harvest, and `states` tells all of it as rows.
"""
