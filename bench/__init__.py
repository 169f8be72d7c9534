"""What the portal costs, each figure beside its floor: `python -m bench` (budgets in docs/bench.md)."""
