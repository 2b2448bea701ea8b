import Lines
package import Records

/// How text is put in order: byte by byte, as the number it begins with, or byte by byte but for the
/// numbers within it.
package enum SortForm: Sendable { case plain, numeric, natural }

/// Keys of which the bytes stand in the order of what they were made of, so that a sort, in memory or
/// from a file, compares nothing but bytes. A key has a rank besides: values of different types stand
/// in the order of `Value.sortOrder`.
extension [UInt8] {
  /// Appends the key of a value.
  ///
  /// - Returns: its rank.
  /// - Throws: if it is to be a number and is neither that nor text.
  package mutating func append(
    sortKey value: Value, _ form: SortForm
  ) throws(Failure) -> UInt8 {
    switch (form, value) {
    case (_, .optional(let inner)): return try append(sortKey: inner ?? .null, form)
    case (.numeric, .string(let text)), (.natural, .string(let text)):
      return text.withSpan { append(sortText: $0, form) }
    case (.numeric, .int(let number)): append(decimal: "\(number)")
    case (.numeric, .uint(let number)): append(decimal: "\(number)")
    case (.numeric, .double(let number)):
      if number.isNaN {
        append(DecimalClass.none.rawValue)
      } else if number.isInfinite {
        append(number < 0 ? DecimalClass.least.rawValue : DecimalClass.greatest.rawValue)
      } else {
        append(decimal: "\(number)")
      }
    case (.numeric, _):
      throw Failure(.expression, "'numeric' puts texts and numbers in order, not \(value.typeName)")
    case (_, .string(let text)): append(contentsOf: text.bytes)
    default: return append(ordered: value)
    }
    return value.sortRank
  }

  /// The same for text that stands somewhere.
  mutating func append(sortText text: RawSpan, _ form: SortForm) -> UInt8 {
    switch form {
    case .plain:
      append(text)
    case .natural: append(natural: text)
    case .numeric:
      append(decimal: text, takesExponent: false)
      return Value.int(0).sortRank
    }
    return Value.string("").sortRank
  }

  // MARK: Values

  /// Appends a value without its rank.
  private mutating func append(ordered value: Value) -> UInt8 {
    switch value {
    case .null: break
    case .bool(let bool): append(bool ? 1 : 0)
    case .int(let number): append(ordered: Double(number), rest: number.residue)
    case .uint(let number): append(ordered: Double(number), rest: number.residue)
    case .double(let number): append(ordered: number, rest: 0)
    case .string(let text), .type(let text): append(closed: text.bytes)
    case .bytes(let bytes): append(closed: bytes)
    case .duration(let span): append(span.seconds, span.nanoseconds)
    case .timestamp(let time): append(time.seconds, time.nanoseconds)
    case .list(let values):
      for value in values { append(element: value) }
      append(0)
    case .map(let map):
      let entries = map.entries.sorted { $0.key.sortOrder($1.key) == .before }
      for entry in entries {
        append(element: entry.key)
        append(element: entry.value)
      }
      append(0)
    case .optional(let value):
      if let value { append(element: value) }
      append(0)
    }
    return value.sortRank
  }

  private mutating func append(element value: Value) {
    append(value.sortRank)
    _ = append(ordered: value)
  }

  /// Text that something follows: a zero byte in it becomes two bytes, two zeros end it.
  private mutating func append(closed text: [UInt8]) {
    for byte in text {
      append(byte)
      if byte == 0 { append(0xFF) }
    }
    append(0)
    append(0)
  }

  private mutating func append(_ seconds: Int64, _ nanoseconds: Int32) {
    append(high: UInt64(bitPattern: seconds) ^ 1 << 63, bytes: 8)
    append(high: UInt64(UInt32(bitPattern: nanoseconds) ^ 1 << 31), bytes: 4)
  }

  /// A number as the nearest double, and what it differs from that.
  private mutating func append(ordered number: Double, rest: Int) {
    // Zero has one form, and NaN stands before all numbers.
    let bits = number == 0 ? 0 : number.bitPattern
    let ordered = number.isNaN ? 0 : bits >> 63 == 1 ? ~bits : bits | 1 << 63
    append(high: ordered, bytes: 8)
    append(high: UInt64(rest + 0x8000), bytes: 2)
  }

  mutating func append(high bits: UInt64, bytes count: Int) {
    for i in stride(from: 8 * (count - 1), through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: bits >> UInt64(i)))
    }
  }

  // MARK: Numbers in text

  private enum DecimalClass: UInt8 { case none, least, negative, zero, positive, greatest }

  private mutating func append(decimal text: String) {
    append(decimal: Array(text.utf8).span.bytes, takesExponent: true)
  }

  /// The number that text begins with, however many digits it has; zero if there is none. Only
  /// blanks may stand before it.
  private mutating func append(decimal text: RawSpan, takesExponent: Bool) {
    let number = DecimalText(text, takesExponent: takesExponent)
    if number.digits.isEmpty { return append(DecimalClass.zero.rawValue) }
    append((number.isNegative ? DecimalClass.negative : .positive).rawValue)
    let start = count
    append(high: UInt64(UInt32(truncatingIfNeeded: number.exponent + 1 << 31)), bytes: 4)
    append(contentsOf: number.digits)
    guard number.isNegative else { return }
    for i in start..<count { self[i] = ~self[i] }
    // Of two that begin alike the longer one is the lesser.
    append(0xFF)
  }

  /// Runs of digits in the order of their numbers, by their lengths first.
  private mutating func append(natural text: RawSpan) {
    var i = 0
    while i < text.byteCount {
      guard text[i].isDecimalDigit else {
        append(text[i])
        i += 1
        continue
      }
      while i < text.byteCount, text[i] == 0x30 { i += 1 }
      let start = i
      while i < text.byteCount, text[i].isDecimalDigit { i += 1 }
      append(0x30)
      append(high: UInt64(i - start), bytes: 4)
      append(text.extracting(start..<i))
    }
  }
}

/// The number that text begins with: 0.DIGITS times ten to the exponent.
private struct DecimalText {
  var isNegative = false
  /// Neither beginning nor ending with 0; none for zero.
  var digits: [UInt8] = []
  var exponent = 0

  init(_ text: RawSpan, takesExponent: Bool) {
    var i = 0
    while i < text.byteCount, text[i] == 0x20 || text[i] == 0x09 { i += 1 }
    if i < text.byteCount, text[i] == UInt8(ascii: "-") {
      isNegative = true
      i += 1
    }
    var isFraction = false
    while i < text.byteCount {
      if text[i] == UInt8(ascii: "."), !isFraction {
        isFraction = true
      } else if text[i].isDecimalDigit {
        let isLeadingZero = digits.isEmpty && text[i] == 0x30
        if !isLeadingZero { digits.append(text[i]) }
        if isFraction ? isLeadingZero : !isLeadingZero { exponent += isFraction ? -1 : 1 }
      } else {
        break
      }
      i += 1
    }
    if takesExponent, i < text.byteCount, text[i] | 0x20 == UInt8(ascii: "e") {
      exponent += Int(text.extracting(i + 1..<text.byteCount).text) ?? 0
    }
    while digits.last == 0x30 { digits.removeLast() }
  }
}

extension UInt8 {
  fileprivate var isDecimalDigit: Bool { (0x30...0x39).contains(self) }
}

extension Value {
  /// Where values of this type stand among those of others: as in `sortOrder`, from 1 on.
  var sortRank: UInt8 {
    switch self {
    case .null: 1
    case .bool: 2
    case .int, .uint, .double: 3
    case .string: 4
    case .bytes: 5
    case .duration: 6
    case .timestamp: 7
    case .list: 8
    case .map: 9
    case .type: 10
    case .optional: 11
    }
  }
}

extension FixedWidthInteger {
  /// What the nearest double is too small by: at most 1024 either way.
  fileprivate var residue: Int {
    let nearest = Double(self)
    if let whole = Self(exactly: nearest) {
      return whole > self ? -Int(whole - self) : Int(self - whole)
    }
    // Rounded up to the first power of two that the type does not hold.
    return -Int(Self.max - self) - 1
  }
}
