"""What is written of a batch's life: one module for each kind of event."""
