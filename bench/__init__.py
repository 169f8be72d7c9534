"""What the portal costs, each figure beside its floor: `make bench`, or `python -m bench NAME…` for a part."""
