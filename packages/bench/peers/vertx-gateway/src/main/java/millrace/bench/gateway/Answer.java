package millrace.bench.gateway;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.producer.RecordMetadata;

/** What became of the records of a request, and how it is said. Filled by the producer's thread, read when all are there. */
final class Answer {
  private final boolean minimal;
  private final String[] ids;
  private final RecordMetadata[] stored;
  private final String[] problems;
  private final int[] statuses;

  Answer(int records, boolean minimal) {
    this.minimal = minimal;
    ids = new String[records];
    stored = new RecordMetadata[records];
    problems = new String[records];
    statuses = new int[records];
  }

  void stored(int index, String eventId, RecordMetadata metadata) {
    ids[index] = eventId;
    stored[index] = metadata;
  }

  void failed(int index, Refusal refusal) {
    String pointer = refusal.pointer.isEmpty() ? "" : ",\"pointer\":\"" + refusal.pointer + "\"";
    statuses[index] = refusal.status;
    problems[index] =
        "{\"type\":\"urn:millrace:ingest:" + refusal.code + "\",\"status\":" + refusal.status + ",\"detail\":"
            + quoted(refusal.getMessage()) + ",\"code\":\"" + refusal.code + "\",\"record\":" + index + pointer + "}";
  }

  int status() {
    int failed = failures();
    if (failed == 0) return 200;
    if (failed < stored.length) return 207;
    for (int status : statuses) if (status == 503) return 503;
    for (int status : statuses) if (status != statuses[0]) return 422;
    return statuses[0];
  }

  private int failures() {
    int failed = 0;
    for (String problem : problems) if (problem != null) failed++;
    return failed;
  }

  byte[] body() {
    int failed = failures();
    StringBuilder text = new StringBuilder(minimal ? 64 : 64 + stored.length * 100);
    text.append("{\"accepted\":").append(stored.length - failed).append(",\"failed\":").append(failed);
    text.append(",\"results\":[");
    String comma = "";
    for (int i = 0; i < stored.length; i++) {
      if (problems[i] != null)
        text.append(comma).append("{\"index\":").append(i).append(",\"status\":").append(statuses[i])
            .append(",\"problem\":").append(problems[i]).append('}');
      else if (!minimal)
        text.append(comma).append("{\"index\":").append(i).append(",\"status\":200,\"eventId\":\"").append(ids[i])
            .append("\",\"partition\":").append(stored[i].partition()).append(",\"offset\":")
            .append(stored[i].offset()).append('}');
      else continue;
      comma = ",";
    }
    return text.append("]}").toString().getBytes(StandardCharsets.UTF_8);
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') quoted.append('\\').append(c);
      else quoted.append(c < ' ' ? ' ' : c);
    }
    return quoted.append('"').toString();
  }
}
