/// Divides a child's stderr into lines and keeps its end for messages.
struct ErrorLines {
  /// What is kept for messages.
  static let tailSize = 4096
  /// A longer line is handed on in parts of this size.
  static let longestLine = 65536

  private var open: [UInt8] = []
  private var kept: [UInt8] = []

  /// The last 4 KiB.
  var tail: [UInt8] { Array(kept.suffix(Self.tailSize)) }

  mutating func feed(_ bytes: [UInt8], _ line: ([UInt8]) -> Void) {
    keep(bytes)
    var start = bytes.startIndex
    while let end = bytes[start...].firstIndex(of: 0x0A) {
      open.append(contentsOf: bytes[start..<end])
      flush(line)
      start = end + 1
    }
    open.append(contentsOf: bytes[start...])
    while open.count >= Self.longestLine {
      line(Array(open.prefix(Self.longestLine)))
      open.removeFirst(Self.longestLine)
    }
  }

  /// Hands on an unfinished last line.
  mutating func finish(_ line: ([UInt8]) -> Void) {
    if !open.isEmpty { flush(line) }
  }

  private mutating func flush(_ line: ([UInt8]) -> Void) {
    line(open)
    open.removeAll(keepingCapacity: true)
  }

  private mutating func keep(_ bytes: [UInt8]) {
    kept.append(contentsOf: bytes.suffix(Self.tailSize))
    if kept.count > 4 * Self.tailSize { kept.removeFirst(kept.count - Self.tailSize) }
  }
}
