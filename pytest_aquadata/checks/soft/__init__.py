"""What real farms show: measured over many rows, each with its bound and where that comes from."""
