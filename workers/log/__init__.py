"""The port of a log, with Kafka and memory behind it; topics and a broker of one's own. Knows no medicine."""
