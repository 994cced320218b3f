"""``python -m andamio``."""

from andamio.cli import main

if __name__ == "__main__":
    main()
