package millrace.bench.gateway;

/** Why a record is not taken. Made without a stack trace: it is an answer, not a fault of the program. */
final class Refusal extends Exception {
  final int status;
  final String code;
  final String pointer;

  Refusal(String code, String pointer, String detail) {
    super(detail, null, false, false);
    status =
        switch (code) {
          case "not_json" -> 400;
          case "record_too_large" -> 413;
          case "log_unavailable" -> 503;
          default -> 422;
        };
    this.code = code;
    this.pointer = pointer;
  }
}
