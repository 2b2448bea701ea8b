import Lines
import Records

/// Makes results of what a command prints.
struct ExecResults {
  private let decoding: ExecCommand.Decoding
  private let setting: Setting
  private let item: Item
  /// The line that is not ended yet; for `text` everything so far.
  private var open: [UInt8] = []

  init(_ command: ExecCommand, _ item: Item) {
    decoding = command.decoding
    setting = command.setting
    self.item = item
  }

  /// The lines that `bytes` completes, if any, and the failure of a line that grows beyond `max_line`:
  /// those before it stand, however the pipe was read.
  mutating func add(_ bytes: [UInt8]) -> (Batch?, Failure?) {
    if decoding != .lines {
      open += bytes
      // One more for the newline at the end.
      return (nil, open.count > setting.maxLine + 1 ? .resultTooLarge(setting) : nil)
    }
    var out = BatchBuilder(delimiter: setting.delimiter, capacity: open.count + bytes.count)
    var failure: Failure?
    var start = 0
    while failure == nil, let end = bytes[start...].firstIndex(of: 0x0A) {
      if open.count + end - start > setting.maxLine {
        failure = .resultTooLarge(setting)
      } else {
        out.append(open)
        out.append(bytes, start..<end)
        out.endLine(like: item.batch, 0)
        open.removeAll()
        start = end + 1
      }
    }
    open += bytes[start...]
    if open.count > setting.maxLine { failure = .resultTooLarge(setting) }
    return (out.isEmpty ? nil : out.take(covering: 0..<0), failure)
  }

  /// What is left at a good end: a last line without newline, or the text.
  mutating func finish() throws(Failure) -> Batch? {
    if decoding == .text, open.last == 0x0A { open.removeLast() }
    if open.isEmpty, decoding != .text { return nil }
    if open.count > setting.maxLine { throw .resultTooLarge(setting) }
    var out = BatchBuilder(delimiter: setting.delimiter, capacity: open.count + 1)
    if decoding == .json { return try record(&out) }
    out.append(open)
    out.endLine(like: item.batch, 0)
    if open.contains(0x0A) { out.noteInnerDelimiters() }
    return out.take(covering: 0..<0)
  }

  /// All that was printed as one JSON value.
  private func record(_ out: inout BatchBuilder) throws(Failure) -> Batch {
    var parser = JSONParser()
    do throws(RecordFault) {
      try Text(open).withSpan { (bytes) throws(RecordFault) in
        try parser.parse(bytes, into: &out)
      }
    } catch {
      throw Failure(.expression, "what it printed is no JSON: \(error)")
    }
    out.endLine(like: item.batch, 0, kind: .record)
    return out.take(covering: 0..<0)
  }
}
