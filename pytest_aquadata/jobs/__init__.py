"""The build lock, the pool of processes, and the interface of progress."""
