import Records

/// Numbers as text and back.
extension Double {
  /// CEL's `string(x)`: the fewest digits that give the number back, with an exponent from 1e+06 up
  /// and below 0.0001, as C's %g.
  package var celText: String {
    if isNaN { return "NaN" }
    if isInfinite { return self < 0 ? "-Infinity" : "Infinity" }
    if self == 0 { return sign == .minus ? "-0" : "0" }
    let (digits, exponent) = shortestDigits
    let sign = self < 0 ? "-" : ""
    if exponent < -4 || exponent >= 6 {
      let rest = digits.dropFirst()
      let power = (exponent < 0 ? "-" : "+") + Int(exponent.magnitude).padded(2)
      return sign + digits.prefix(1) + (rest.isEmpty ? "" : "." + rest) + "e" + power
    }
    if exponent < 0 {
      return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits
    }
    if digits.count <= exponent + 1 {
      return sign + digits + String(repeating: "0", count: exponent + 1 - digits.count)
    }
    return sign + digits.prefix(exponent + 1) + "." + digits.dropFirst(exponent + 1)
  }

  /// The fewest digits, and the power of ten of the first of them.
  private var shortestDigits: (digits: String, exponent: Int) {
    let parts = magnitude.description.split(separator: "e")
    let power = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let halves = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let fraction = halves.count > 1 && halves[1] != "0" ? String(halves[1]) : ""
    let all = String(halves[0]) + fraction
    let leading = all.prefix { $0 == "0" }.count
    var digits = String(all.dropFirst(leading))
    while digits.hasSuffix("0") { digits.removeLast() }
    return (digits, halves[0].count - 1 - leading + power)
  }

  /// A decimal number, `NaN` or `Infinity` in any case; nil if it is none.
  package init?(celText bytes: [UInt8]) {
    guard bytes.count <= 1000 else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    let body = text.drop { $0 == "-" || $0 == "+" }
    let sign = text.hasPrefix("-") ? -1.0 : 1.0
    switch body.lowercased() {
    case "nan" where text.count - body.count <= 1: self = .nan
    case "inf" where text.count - body.count <= 1, "infinity" where text.count - body.count <= 1:
      self = sign * .infinity
    default:
      guard bytes.allSatisfy({ $0.isDigit || "+-.eE".utf8.contains($0) }),
        let number = Double(text)
      else { return nil }
      self = number
    }
  }
}
