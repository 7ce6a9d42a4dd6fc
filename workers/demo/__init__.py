"""The demonstration: a simulated county year end to end, on a real Kafka where there is one."""
