/// Checks a line that is likely to be one map of scalars with the names of the line before, which most
/// lines are. Then each field takes four tokens, and what stands at each of them is known beforehand:
/// no grammar has to be followed. All of the line is checked, as `JSONCheck` would.
struct FlatMapCheck {
  /// The line, in which no string has an escape.
  let text: JSONText
  let names: NamesBefore

  /// - Parameter fields: how many there were before.
  /// - Returns: false if the line is anything else, well-formed or not, or has white space in front of a
  ///   comma, a colon or the closing brace.
  func isAsBefore(_ fields: Int) -> Bool {
    guard fields > 0, text.count == 4 &* fields &+ 1, text.first(0) == UInt8(ascii: "{") else {
      return false
    }
    var t = 1
    for k in 0..<fields {
      // The colon is part of what is compared.
      guard names.child(k, text, t) != NamesBefore.unknown else { return false }
      let at = text.token(t &+ 2)
      let next = text.token(t &+ 3)
      let behind = k == fields &- 1 ? UInt8(ascii: "}") : UInt8(ascii: ",")
      guard text[next] == behind, isScalar(at, next) else { return false }
      t &+= 4
    }
    return true
  }

  /// Whether a scalar is all that stands from `at` to `next`, two tokens one behind the other.
  @inline(__always)
  private func isScalar(_ at: Int, _ next: Int) -> Bool {
    switch text[at] {
    // A string whose last byte is its closing quote, since the next token is not in it.
    case UInt8(ascii: "\""): next > at &+ 1 && text[next &- 1] == UInt8(ascii: "\"")
    case UInt8(ascii: "n"): next == at &+ 4 && text.word(at) << 32 == 0x6C6C_756E << 32
    case UInt8(ascii: "t"): next == at &+ 4 && text.word(at) << 32 == 0x6575_7274 << 32
    case UInt8(ascii: "f"): next == at &+ 5 && text.word(at) << 24 == 0x65_736C_6166 << 24
    case UInt8(ascii: "-"), 0x30...0x39: isNumber(at, next)
    default: false
    }
  }

  @inline(__always)
  private func isNumber(_ at: Int, _ next: Int) -> Bool {
    var end = at
    while text[end] &- 0x30 < 10 { end &+= 1 }
    if end == next, end > at, text[at] != 0x30 || end == at &+ 1 { return true }
    return isOtherNumber(at, next)
  }

  @inline(never)
  private func isOtherNumber(_ at: Int, _ next: Int) -> Bool {
    text.withBytes { JSONNumber.form($0, at: at, end: next)?.end == next }
  }
}
