package millrace.bench.gateway;

/** Why a record is not taken. */
final class Refusal extends Exception {
  final String code;
  final String pointer;

  Refusal(String code, String pointer, String detail) {
    super(detail, null, false, false);
    this.code = code;
    this.pointer = pointer;
  }
}
