package millrace.bench.gateway;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** One event loop of the gateway. Every loop has a verticle of its own; the producer is shared. */
final class Gateway extends VerticleBase {
  private static final int MOST_BYTES = 8 << 20;
  private static final int MOST_RECORD_BYTES = 1 << 20;
  private static final byte[] NOTHING = "{\"accepted\":0,\"failed\":0,\"results\":[]}".getBytes(StandardCharsets.UTF_8);

  private final KafkaProducer<byte[], byte[]> producer;
  private final String topic;
  private final int port;
  /** `sha256:` and hex digits. */
  private final byte[] keyHash;
  private final MessageDigest sha256;

  Gateway(KafkaProducer<byte[], byte[]> producer, String topic, int port, String keyHash)
      throws NoSuchAlgorithmException {
    this.producer = producer;
    this.topic = topic;
    this.port = port;
    this.keyHash = keyHash.getBytes(StandardCharsets.ISO_8859_1);
    sha256 = MessageDigest.getInstance("SHA-256");
  }

  @Override
  public Future<?> start() {
    HttpServerOptions options = new HttpServerOptions().setTcpNoDelay(true).setIdleTimeout(75);
    return vertx.createHttpServer(options).requestHandler(this::handle).listen(port, "127.0.0.1");
  }

  private void handle(HttpServerRequest request) {
    if (!request.path().equals("/v1/events/lol")) {
      request.response().setStatusCode(404).end();
    } else if (request.method() != HttpMethod.POST) {
      request.response().setStatusCode(405).end();
    } else if (!isKeyRight(request.getHeader("authorization"))) {
      request.response().setStatusCode(401).end();
    } else {
      String length = request.getHeader("content-length");
      if (length == null || Long.parseLong(length) > MOST_BYTES) request.response().setStatusCode(413).end();
      else request.body().onSuccess(body -> ingest(request, body)).onFailure(error -> request.connection().close());
    }
  }

  private boolean isKeyRight(String authorization) {
    if (authorization == null || !authorization.startsWith("Bearer ")) return false;
    byte[] digest = sha256.digest(authorization.substring(7).getBytes(StandardCharsets.UTF_8));
    byte[] hash = ("sha256:" + HexFormat.of().formatHex(digest)).getBytes(StandardCharsets.ISO_8859_1);
    return MessageDigest.isEqual(hash, keyHash);
  }

  private void ingest(HttpServerRequest request, Buffer buffer) {
    byte[] body = buffer.getBytes();
    String type = request.getHeader("content-type");
    boolean isBatch = "application/x-ndjson".equals(type);
    if (!isBatch && !"application/json".equals(type)) {
      request.response().setStatusCode(415).end();
      return;
    }
    int[] ends = isBatch ? Lines.ends(body) : new int[] {body.length};
    String prefer = request.getHeader("prefer");
    Answer answer = new Answer(ends.length, prefer != null && prefer.contains("return=minimal"));
    if (ends.length == 0) {
      send(request, 422, NOTHING);
      return;
    }
    Context context = vertx.getOrCreateContext();
    Countdown rest = new Countdown(ends.length, () -> context.runOnContext(done -> send(request, answer)));
    int from = 0;
    for (int index = 0; index < ends.length; index++) {
      store(body, from, ends[index], index, answer, rest);
      from = ends[index] + 1;
    }
  }

  private void store(byte[] body, int from, int to, int index, Answer answer, Countdown rest) {
    try {
      if (to - from > MOST_RECORD_BYTES) throw new Refusal("record_too_large", "", "the record is too large");
      Event event = EventReader.read(body, from, to);
      producer.send(
          new ProducerRecord<>(topic, event.key(), event.value()),
          (metadata, error) -> {
            if (error == null) answer.stored(index, event.eventId(), metadata);
            else answer.failed(index, new Refusal("log_unavailable", "", String.valueOf(error.getMessage())));
            rest.down();
          });
    } catch (Refusal refusal) {
      answer.failed(index, refusal);
      rest.down();
    }
  }

  private static void send(HttpServerRequest request, Answer answer) {
    send(request, answer.status(), answer.body());
  }

  private static void send(HttpServerRequest request, int status, byte[] body) {
    request.response().setStatusCode(status).putHeader("content-type", "application/json").end(Buffer.buffer(body));
  }
}
