package millrace.bench.gateway;

/** An event that may be stored: its key and its bytes as they are to be stored. */
record Event(String eventId, byte[] key, byte[] value) {}
