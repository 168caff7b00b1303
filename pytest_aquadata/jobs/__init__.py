"""The queue that processes and pytest-xdist workers take batches from, and the build lock."""
