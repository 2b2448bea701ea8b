import PipelineModel

/// What a case reads.
enum CaseInput: Sendable {
  struct TimedLine: Sendable {
    /// Nil: at once behind the line before.
    var at: Duration?
    var line: [UInt8]
  }
  case text([UInt8])
  case timed([TimedLine])
  /// Relative to the file of the case.
  case file(String)
  case made(lines: Int, line: String)

  /// The bytes as they come, each block with the time it comes at.
  /// - Parameter read: gives a file's bytes, or says why it can not.
  func blocks<E: Error>(
    delimiter: UInt8, read: (String) throws(E) -> [UInt8]
  ) throws(E) -> [(at: Duration, bytes: [UInt8])] {
    switch self {
    case .text(let bytes): return [(.zero, bytes)]
    case .file(let path): return [(.zero, try read(path))]
    case .made(let lines, let line): return [(.zero, Self.made(lines, line, delimiter))]
    case .timed(let lines):
      var now = Duration.zero
      return lines.map { line in
        now = max(now, line.at ?? now)
        return (now, line.line + [delimiter])
      }
    }
  }

  private static func made(_ lines: Int, _ line: String, _ delimiter: UInt8) -> [UInt8] {
    let parts = line.split(separator: "{nr}", omittingEmptySubsequences: false)
    var bytes: [UInt8] = []
    for number in 0..<lines {
      for (index, part) in parts.enumerated() {
        if index > 0 { bytes += Array("\(number + 1)".utf8) }
        bytes += Array(part.utf8)
      }
      bytes.append(delimiter)
    }
    return bytes
  }
}
