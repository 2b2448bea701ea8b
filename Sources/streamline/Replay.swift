import Flow
import Lines
import PipelineRuntime
import Synchronization

/// `--replay FILE`: the lines that the dead letters of an earlier run came from.
struct DeadLetterFile {
  /// The sources in the order of the file.
  static func sources(_ path: String) throws(CommandFailure) -> [[UInt8]] {
    let bytes = try FileText.read(path, limit: Int.max - 1)
    var sources: [[UInt8]] = []
    for (index, line) in bytes.split(separator: 0x0A).enumerated() {
      guard let source = DeadLetterLine(Array(line)).source else {
        throw CommandFailure(
          "\(path):\(index + 1): this is no dead letter: it has no 'source'",
          remedy: "--replay takes a file that 'on_error: {dead_letter: …}' has written")
      }
      sources.append(source)
    }
    return sources
  }
}

/// One dead letter, as far as it has to be read: JSON of which `source` or `source_base64` is wanted.
private struct DeadLetterLine {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var source: [UInt8]? {
    if let text = string(after: "\"source\":\"") { return text }
    return string(after: "\"source_base64\":\"").flatMap(Base64.decode)
  }

  /// The JSON string behind the last place where `key` stands outside a string: our own writer puts
  /// the source last, and a quote inside a string is always escaped.
  private func string(after key: String) -> [UInt8]? {
    let key = Array(key.utf8)
    guard bytes.count >= key.count else { return nil }
    for start in (0...bytes.count - key.count).reversed()
    where bytes[start..<start + key.count].elementsEqual(key) {
      return unescaped(from: start + key.count)
    }
    return nil
  }

  private func unescaped(from start: Int) -> [UInt8]? {
    var out: [UInt8] = []
    var index = start
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\""): return out
      case UInt8(ascii: "\\"):
        guard let (text, length) = escape(at: index + 1) else { return nil }
        out += text
        index += 1 + length
      default:
        out.append(bytes[index])
        index += 1
      }
    }
    return nil
  }

  private func escape(at index: Int) -> (text: [UInt8], length: Int)? {
    guard index < bytes.count else { return nil }
    switch bytes[index] {
    case UInt8(ascii: "n"): return ([0x0A], 1)
    case UInt8(ascii: "r"): return ([0x0D], 1)
    case UInt8(ascii: "t"): return ([0x09], 1)
    case UInt8(ascii: "b"): return ([0x08], 1)
    case UInt8(ascii: "f"): return ([0x0C], 1)
    case UInt8(ascii: "u"):
      let digits = String(decoding: bytes[(index + 1)...].prefix(4), as: UTF8.self)
      guard digits.utf8.count == 4, let value = UInt32(digits, radix: 16),
        let scalar = Unicode.Scalar(value)
      else { return nil }
      return (Array(String(scalar).utf8), 5)
    case let byte: return ([byte], 1)
    }
  }
}

/// Lines that are already in memory, as input.
final class ReplaySource: LineSource {
  private let lines: [[UInt8]]
  private let isOver = Mutex(false)

  init(_ lines: [[UInt8]]) { self.lines = lines }

  func run(into queue: LineQueue) async -> SourceReport {
    var sent = 0
    while sent < lines.count, !isOver.withLock({ $0 }) {
      let end = min(sent + 1000, lines.count)
      let batch = Batch.of(Array(lines[sent..<end]), firstNumber: UInt64(sent) + 1)
      sent = end
      guard await queue.send(batch) else { break }
    }
    queue.close(.end)
    return SourceReport(linesRead: UInt64(sent))
  }

  func interrupt() { isOver.withLock { $0 = true } }
  func stop() { isOver.withLock { $0 = true } }
}
