"""The priority and SLA logic of a help desk, as an embeddable, pure library."""
