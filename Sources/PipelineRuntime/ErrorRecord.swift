import Lines
import Stages

/// A failure as an item, one JSON object on a line: what `collect` puts in the result's place and
/// what dead letters are made of.
struct ErrorRecord {
  var failure: StageFailure
  var attempts: Int
  var input: [UInt8]
  /// The input line as read; dead letters carry it so that it can be fed again.
  var source: [UInt8]?

  /// `{"error": {…}}`, the form of `collect`.
  var collected: [UInt8] { Array("{\"error\":".utf8) + object + Array("}".utf8) }

  /// The same with `source`, as a line with its newline.
  var deadLetter: [UInt8] { collected + [0x0A] }

  private var object: [UInt8] {
    var json = JSONObject()
    json.add("stage", text: Array(failure.stage.utf8))
    json.add("kind", text: Array(failure.failure.kind.rawValue.utf8))
    json.add("line", raw: failure.number.map(String.init) ?? "null")
    json.add("message", text: Array(failure.failure.message.utf8))
    json.add("input", text: input)
    json.add("attempts", raw: String(attempts))
    if let source { json.add("source", text: source) }
    return json.finished
  }
}
