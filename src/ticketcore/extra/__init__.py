"""What needs another package than the core does: each module here is imported by name, and only by those who want it."""
