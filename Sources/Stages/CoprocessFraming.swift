/// How requests and answers are told apart on the way to a coprocess and back.
enum CoprocessFraming: String, Sendable {
  /// Each ends with a newline.
  case lines
  /// Each ends with a NUL.
  case nul
  /// Before each stands its length in bytes, as four bytes, the highest first.
  case length
  /// A line that begins with a number and a tab; the answer repeats the number.
  case numbered

  /// Bytes of the length before each message.
  static let lengthBytes = 4

  /// What ends a message; nil where its length is told.
  var terminator: UInt8? {
    switch self {
    case .lines, .numbered: 0x0A
    case .nul: 0
    case .length: nil
    }
  }

  /// Throws the failure of an item that this framing can not carry.
  func check(_ text: [UInt8]) throws(Failure) {
    guard let terminator, text.contains(terminator) else { return }
    throw Failure(
      .expression,
      terminator == 0
        ? "the item has a NUL in it, which ends a request"
        : "the item has a newline in it, which ends a request",
      remedy: "say 'framing: \(terminator == 0 ? "length" : "nul")', if the command can read that")
  }

  /// An item as a request; `number` counts those to its process, from 1.
  func request(_ text: [UInt8], number: UInt64) -> [UInt8] {
    var request: [UInt8] = []
    request.reserveCapacity(text.count + 24)
    switch self {
    case .lines, .nul: break
    case .length:
      for shift in [24, 16, 8, 0] { request.append(UInt8(truncatingIfNeeded: text.count >> shift)) }
    case .numbered:
      request += String(number).utf8
      request.append(0x09)
    }
    request += text
    if let terminator { request.append(terminator) }
    return request
  }
}

/// Finds one message in what a coprocess writes, however it is read.
struct MessageReader: Sendable {
  enum Found: Equatable {
    case incomplete
    /// A whole message, and how many bytes stand behind it.
    case message([UInt8], behind: Int)
    case tooLarge
  }

  let framing: CoprocessFraming
  /// The largest message, in bytes.
  let limit: Int
  private var open: [UInt8] = []

  init(_ framing: CoprocessFraming, limit: Int) {
    self.framing = framing
    self.limit = limit
  }

  /// What was read of a message that is not whole yet.
  var isEmpty: Bool { open.isEmpty }

  mutating func add(_ bytes: [UInt8]) -> Found {
    guard let terminator = framing.terminator else { return addByLength(bytes) }
    guard let end = bytes.firstIndex(of: terminator) else {
      open += bytes
      return open.count > limit ? .tooLarge : .incomplete
    }
    if open.count + end > limit { return .tooLarge }
    let message = open.isEmpty ? Array(bytes[..<end]) : open + bytes[..<end]
    open = []
    return .message(message, behind: bytes.count - end - 1)
  }

  private mutating func addByLength(_ bytes: [UInt8]) -> Found {
    open += bytes
    let head = CoprocessFraming.lengthBytes
    guard open.count >= head else { return .incomplete }
    let length = open[..<head].reduce(0) { $0 << 8 | Int($1) }
    if length > limit { return .tooLarge }
    guard open.count >= head + length else { return .incomplete }
    let behind = open.count - head - length
    let message = Array(open[head..<head + length])
    open = []
    return .message(message, behind: behind)
  }
}
