import Glibc
import Lines

/// Numbers as JSON writes them (RFC 8259, section 6).
enum JSONNumber {
  enum Form { case integer, other }

  /// Where the number at `offset` ends, and whether it has a fraction or exponent; nil if there is
  /// none.
  static func form(_ bytes: RawSpan, at offset: Int, end: Int) -> (end: Int, form: Form)? {
    var i = offset
    if i < end, bytes[i] == UInt8(ascii: "-") { i &+= 1 }
    guard i < end else { return nil }
    if bytes[i] == UInt8(ascii: "0") {
      i &+= 1
    } else {
      guard let next = digits(bytes, i, end) else { return nil }
      i = next
    }
    var form = Form.integer
    if i < end, bytes[i] == UInt8(ascii: ".") {
      guard let next = digits(bytes, i &+ 1, end) else { return nil }
      i = next
      form = .other
    }
    if i < end, bytes[i] | 0x20 == UInt8(ascii: "e") {
      i &+= 1
      if i < end, bytes[i] == UInt8(ascii: "+") || bytes[i] == UInt8(ascii: "-") { i &+= 1 }
      guard let next = digits(bytes, i, end) else { return nil }
      i = next
      form = .other
    }
    return (i, form)
  }

  private static func digits(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Int? {
    var i = start
    while i < end, bytes[i] &- 0x30 < 10 { i &+= 1 }
    return i > start ? i : nil
  }

  /// The kind and the bits of the number at `offset`, which is one: an int if it has neither
  /// fraction nor exponent and fits, or else a uint if it fits, or else a double.
  static func read(
    _ bytes: RawSpan, at offset: Int, end: Int
  ) -> (kind: FieldPlace.Kind, bits: UInt64, end: Int) {
    let isNegative = bytes[offset] == UInt8(ascii: "-")
    let first = isNegative ? offset &+ 1 : offset
    var i = first
    var sum: UInt64 = 0
    while i < end {
      let digit = bytes[i] &- 0x30
      guard digit < 10 else { break }
      sum = sum &* 10 &+ UInt64(digit)
      i &+= 1
    }
    let isInteger = i == end || bytes[i] != UInt8(ascii: ".") && bytes[i] | 0x20 != 0x65
    if isInteger, i &- first <= 18 {
      let number = Int64(bitPattern: sum)
      return (.int, UInt64(bitPattern: isNegative ? -number : number), i)
    }
    let whole = form(bytes, at: offset, end: end) ?? (i, .integer)
    if whole.form == .integer, let large = largeInteger(bytes, offset..<whole.end) {
      return (large.kind, large.bits, whole.end)
    }
    let number = double(bytes, offset..<whole.end)
    return (.double, number.bitPattern, whole.end)
  }

  /// Nineteen or twenty digits may fit.
  private static func largeInteger(
    _ bytes: RawSpan, _ range: Range<Int>
  ) -> (kind: FieldPlace.Kind, bits: UInt64)? {
    let text = bytes.extracting(range).text
    if let number = Int64(text) { return (.int, UInt64(bitPattern: number)) }
    return UInt64(text).map { (.uint, $0) }
  }

  /// The nearest double; infinity past the largest.
  static func double(_ bytes: RawSpan, _ range: Range<Int>) -> Double {
    if let exact = shortDouble(bytes, range) { return exact }
    var text = bytes.extracting(range).array
    text.append(0)
    return unsafe text.withUnsafeBufferPointer { text in
      unsafe text.withMemoryRebound(to: CChar.self) { text in
        unsafe text.baseAddress.map { unsafe strtod($0, nil) } ?? 0
      }
    }
  }

  /// Up to fifteen digits and a power of ten that a double holds exactly: one rounding, in the
  /// division (Clinger 1990).
  private static func shortDouble(_ bytes: RawSpan, _ range: Range<Int>) -> Double? {
    var digits: Int64 = 0
    var count = 0
    var fraction = 0
    var isFraction = false
    var isNegative = false
    for i in range {
      switch bytes[i] {
      case 0x30...0x39:
        digits = digits &* 10 &+ Int64(bytes[i] &- 0x30)
        if digits != 0 { count &+= 1 }
        if isFraction { fraction &+= 1 }
      case UInt8(ascii: "."): isFraction = true
      case UInt8(ascii: "-"): isNegative = true
      default: return nil
      }
      if count > 15 { return nil }
    }
    guard fraction <= 22 else { return nil }
    let number = Double(digits) / powers[fraction]
    return isNegative ? -number : number
  }

  private static let powers: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]
}
