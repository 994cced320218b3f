"""What a model promises: its inputs, outputs, policies, gates and costs, in one TOML file, checked and compiled."""
