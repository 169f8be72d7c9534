"""Finding, holding, booking, rescheduling and cancelling appointments."""
