/// What one coprocess is at, and what follows from what it writes: one request is out at a time, and
/// what nobody asked for ends it. It holds no process and no task.
struct Conversation: Sendable {
  enum State: Equatable {
    /// Its line that says it is up has not come.
    case starting
    case idle
    case asked
    /// It is not to be asked any more.
    case over
  }

  enum News: Equatable {
    case nothing
    case ready
    case answer([UInt8])
    case trouble(Trouble)
  }

  /// What a coprocess did that it must not do.
  enum Trouble: Equatable {
    /// It wrote though it was not asked.
    case unasked
    /// It wrote more than one answer.
    case twice
    /// Its answer bears another number than the request, or none.
    case misaligned(asked: UInt64, answered: [UInt8])
    case tooLarge(limit: Int)
    /// It closed its stdout.
    case closed
  }

  private(set) var state: State
  private let framing: CoprocessFraming
  private let isReady: (@Sendable ([UInt8]) -> Bool)?
  private let limit: Int
  private var reader: MessageReader
  private var requests: UInt64 = 0

  /// - Parameters:
  ///   - limit: of a message, in bytes.
  ///   - isReady: whether a line says that it is up; nil: it is from the start.
  init(_ framing: CoprocessFraming, limit: Int, isReady: (@Sendable ([UInt8]) -> Bool)? = nil) {
    self.framing = framing
    self.limit = limit
    self.isReady = isReady
    state = isReady == nil ? .idle : .starting
    // The line that says so is a line, whatever the framing.
    reader = MessageReader(isReady == nil ? framing : .lines, limit: limit)
  }

  /// The request to send. Only of one that is idle.
  mutating func ask(_ text: [UInt8]) -> [UInt8] {
    precondition(state == .idle, "a coprocess has one request at a time")
    state = .asked
    requests += 1
    return framing.request(text, number: requests)
  }

  /// It has written; empty: it has closed its stdout.
  mutating func received(_ bytes: [UInt8]) -> News {
    if bytes.isEmpty { return end(.closed) }
    switch state {
    case .starting: return started(bytes)
    case .idle: return end(.unasked)
    case .asked: return answered(reader.add(bytes))
    case .over: return .nothing
    }
  }

  /// It is to be ended: nothing that it says counts any more.
  mutating func close() { state = .over }

  private mutating func end(_ trouble: Trouble) -> News {
    if state == .over { return .nothing }
    state = .over
    return .trouble(trouble)
  }

  /// Lines before the one that is waited for are of no interest.
  private mutating func started(_ bytes: [UInt8]) -> News {
    var bytes = bytes
    while true {
      switch reader.add(bytes) {
      case .incomplete: return .nothing
      case .tooLarge: return end(.tooLarge(limit: limit))
      case .message(let line, let behind):
        if isReady?(line) == true {
          if behind > 0 { return end(.unasked) }
          state = .idle
          reader = MessageReader(framing, limit: limit)
          return .ready
        }
        if behind == 0 { return .nothing }
        bytes = Array(bytes.suffix(behind))
      }
    }
  }

  private mutating func answered(_ found: MessageReader.Found) -> News {
    switch found {
    case .incomplete: return .nothing
    case .tooLarge: return end(.tooLarge(limit: limit))
    case .message(let message, let behind):
      if behind > 0 { return end(.twice) }
      guard framing == .numbered else {
        state = .idle
        return .answer(message)
      }
      let number = Array(String(requests).utf8) + [0x09]
      guard message.starts(with: number) else {
        let named = message.prefix { $0 != 0x09 }
        return end(.misaligned(asked: requests, answered: Array(named.prefix(40))))
      }
      state = .idle
      return .answer(Array(message.dropFirst(number.count)))
    }
  }
}

extension Conversation.Trouble {
  /// The failure of the line that it was at.
  var failure: Failure {
    switch self {
    case .unasked: Failure(.exit, "it wrote before it was asked")
    case .twice:
      Failure(
        .exit, "it wrote more than one answer",
        remedy: "it must write one answer to each request, and nothing else")
    case .misaligned(let asked, let answered):
      Failure(
        .exit,
        "its answer bears the number '\(String(decoding: answered, as: UTF8.self))', and \(asked) was asked",
        remedy: "each answer begins with the number of its request and a tab")
    case .tooLarge(let limit):
      Failure(.tooLarge, "its answer is longer than max_line, \(limit) bytes")
    case .closed: Failure(.exit, "it closed its stdout")
    }
  }
}
