import CSearch
import Lines

/// Finds the fields of one record after the other in a run of bytes.
struct DelimitedScan {
  struct Field {
    var lower: Int
    var upper: Int
    /// It has quotes written twice, or backslashes.
    var isEscaped: Bool
  }

  enum Outcome: Equatable {
    /// Where the next record begins.
    case record(next: Int)
    /// A quoted field is not closed before the end.
    case open
    case fault(RecordFault, next: Int)
  }

  private let delimiter: UInt8
  private let quoting: DelimitedFormat.Quoting
  /// The byte that makes a field more than itself.
  private let quote: UInt8
  /// Offsets of delimiters, quotes and newlines, some thousand at a time.
  private var marks = [UInt32](repeating: 0, count: 4096)
  private var markCount = 0
  private var markIndex = 0
  private var searched = 0

  /// The fields of the record found last are the first `count` of these.
  private(set) var fields: [Field] = []
  private(set) var count = 0
  /// Whether any of them is escaped.
  private(set) var hasEscapes = false
  /// Newlines within its quotes.
  private(set) var innerNewlines = 0

  init(_ format: DelimitedFormat) {
    delimiter = format.delimiter
    quoting = format.quoting
    switch quoting {
    case .quotes: quote = UInt8(ascii: "\"")
    case .backslashes: quote = UInt8(ascii: "\\")
    case .none: quote = format.delimiter
    }
  }

  /// To be called before other bytes are scanned, or the same ones from another place.
  mutating func restart(at offset: Int) {
    markCount = 0
    markIndex = 0
    searched = offset
  }

  /// The next delimiter, quote or newline; `end` if there is none.
  @inline(__always)
  private mutating func mark(_ bytes: RawSpan, _ end: Int) -> Int {
    while markIndex == markCount {
      if searched >= end { return end }
      search(bytes, end)
    }
    return Int(marks[markIndex])
  }

  private mutating func search(_ bytes: RawSpan, _ end: Int) {
    var next = searched
    markCount = unsafe bytes.withUnsafeBytes { all in
      guard let base = unsafe all.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
      return unsafe marks.withUnsafeMutableBufferPointer { marks in
        unsafe CSearchMarks(
          base, end, searched, delimiter, quote, 0x0A, marks.baseAddress, marks.count, &next)
      }
    }
    searched = next
    markIndex = 0
  }

  @inline(__always)
  private mutating func add(_ lower: Int, _ upper: Int, _ isEscaped: Bool) {
    let field = Field(lower: lower, upper: upper, isEscaped: isEscaped)
    if count == fields.count { fields.append(field) } else { fields[count] = field }
    count &+= 1
    if isEscaped { hasEscapes = true }
  }

  /// Finds the fields of the record that begins at `start`; at `end` the last one ends if no newline
  /// has ended it. Records are to be asked for one behind the other.
  ///
  /// - Parameter isOpen: `start` is within a quoted field: only where the record ends is of use then.
  mutating func record(
    _ bytes: RawSpan, from start: Int, to end: Int, isOpen: Bool = false
  ) -> Outcome {
    count = 0
    hasEscapes = false
    innerNewlines = 0
    var fieldStart = start
    var isEscaped = false
    if isOpen, let outcome = quoted(bytes, from: start, to: end, &fieldStart) { return outcome }
    while true {
      let at = mark(bytes, end)
      let byte = at < end ? bytes[at] : 0x0A
      if byte == delimiter {
        add(fieldStart, at, isEscaped)
        markIndex &+= 1
        fieldStart = at &+ 1
        isEscaped = false
      } else if byte == 0x0A {
        if at < end { markIndex &+= 1 }
        let upper = at > fieldStart && bytes[at &- 1] == 0x0D ? at &- 1 : at
        add(fieldStart, upper, isEscaped)
        return .record(next: at &+ 1)
      } else if quoting == .quotes, at == fieldStart {
        markIndex &+= 1
        if let outcome = quoted(bytes, from: at &+ 1, to: end, &fieldStart) { return outcome }
      } else {
        // A backslash; or a quote within a field that does not begin with one, which is itself.
        isEscaped = isEscaped || quoting == .backslashes
        markIndex &+= 1
      }
    }
  }

  /// Takes a field whose text in quotes begins at `start`.
  ///
  /// - Returns: nil if another field follows, at `fieldStart`.
  private mutating func quoted(
    _ bytes: RawSpan, from start: Int, to end: Int, _ fieldStart: inout Int
  ) -> Outcome? {
    var isEscaped = false
    guard let close = closingQuote(bytes, end, &isEscaped) else { return .open }
    add(start, close, isEscaped)
    let behind = mark(bytes, end)
    let isReturn =
      behind == close &+ 2 && bytes[close &+ 1] == 0x0D
      && (behind == end || bytes[behind] == 0x0A)
    guard behind == close &+ 1 && behind <= end || isReturn else {
      return textBehindQuote(bytes, close, end)
    }
    if behind == end { return .record(next: end &+ 1) }
    markIndex &+= 1
    if bytes[behind] == 0x0A { return .record(next: behind &+ 1) }
    if bytes[behind] == quote { return textBehindQuote(bytes, close, end) }
    fieldStart = behind &+ 1
    return nil
  }

  /// Moves behind the quote that closes a field; nil if there is none.
  private mutating func closingQuote(_ bytes: RawSpan, _ end: Int, _ isEscaped: inout Bool) -> Int?
  {
    while true {
      let at = mark(bytes, end)
      if at == end { return nil }
      markIndex &+= 1
      switch bytes[at] {
      case 0x0A: innerNewlines &+= 1
      case quote:
        if mark(bytes, end) != at &+ 1 || at &+ 1 == end || bytes[at &+ 1] != quote { return at }
        markIndex &+= 1
        isEscaped = true
      default: break
      }
    }
  }

  /// The record is given up, and the next one begins in the next line.
  private mutating func textBehindQuote(_ bytes: RawSpan, _ close: Int, _ end: Int) -> Outcome {
    let fault = RecordFault(
      expected: "a delimiter or the end of the line behind the closing quote", in: bytes,
      at: close + 1, start: 0, end: end)
    var at = mark(bytes, end)
    while at < end, bytes[at] != 0x0A {
      markIndex += 1
      at = mark(bytes, end)
    }
    if at < end { markIndex += 1 }
    return .fault(fault, next: at + 1)
  }

  /// The text of a field with its escapes resolved.
  func text(_ bytes: RawSpan, _ field: Field) -> [UInt8] {
    var text: [UInt8] = []
    var i = field.lower
    while i < field.upper {
      let byte = bytes[i]
      if byte == quote, field.isEscaped, quoting != .none, i + 1 < field.upper {
        let (resolved, width) = resolve(byte, bytes[i + 1])
        text.append(resolved)
        i += width
      } else {
        text.append(byte)
        i += 1
      }
    }
    return text
  }

  private func resolve(_ byte: UInt8, _ next: UInt8) -> (UInt8, width: Int) {
    if quoting == .quotes { return (byte, next == byte ? 2 : 1) }
    return switch next {
    case UInt8(ascii: "t"): (0x09, 2)
    case UInt8(ascii: "n"): (0x0A, 2)
    case UInt8(ascii: "r"): (0x0D, 2)
    case UInt8(ascii: "\\"): (byte, 2)
    default: (byte, 1)
    }
  }
}
