"""What every room needs and no plant notices: the clock, names for things, digests, units, settings."""
