package millrace.bench.streams;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;

/**
 * Answers questions, a line of JSON each: `curate` reads a topic to its end, `start` goes on with one until the input of this
 * process ends. The process ends with its input, and so with who started it.
 */
public final class Main {
  private static Curator running;

  private Main() {}

  public static void main(String[] args) throws Exception {
    PrintStream answers = System.out;
    System.setOut(System.err);
    BufferedReader asks = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = asks.readLine(); line != null; line = asks.readLine()) {
      ObjectNode answer = Json.MAPPER.createObjectNode();
      try {
        answer(Json.MAPPER.readTree(line), answer);
      } catch (Exception e) {
        StringWriter trace = new StringWriter();
        e.printStackTrace(new PrintWriter(trace));
        answer.put("error", trace.toString());
      }
      answers.println(answer);
      answers.flush();
    }
    if (running != null) running.close();
    System.exit(0);
  }

  private static void answer(JsonNode ask, ObjectNode answer) throws InterruptedException {
    switch (ask.get("ask").textValue()) {
      case "curate" -> {
        try (Curator curator = new Curator(ask)) {
          curator.start();
          answer.put("perSecond", curator.finish(ask.get("records").longValue()));
        }
      }
      case "start" -> {
        running = new Curator(ask);
        running.start();
      }
      default -> throw new IllegalArgumentException("Unknown: " + ask);
    }
  }
}
