"""What every process has: services under one worker, logs, metrics, health, a supervisor; and the write side itself."""
