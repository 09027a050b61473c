package millrace.bench.streams;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Bytes that a device sent: the fields of `antenna.raw` that sums need. */
record Traffic(long bytes, long timestamp, String app, String id, @JsonProperty("antenna_id") String antennaId) {}
