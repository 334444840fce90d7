"""A stand-in for `func start`: runs any Python v2 app folder, Durable Functions too, with the task hub in SQLite."""
