/// What a scalar means by YAML 1.2's core schema (section 10.3.2): `on`, `yes` and `no` are strings.
package enum Resolved: Sendable, Equatable {
  case null
  case bool(Bool)
  /// Integers beyond 64 bits come as `double`.
  case int(Int)
  case double(Double)
  case string(String)
}

extension Node {
  /// The value of a scalar; nil for a sequence or a mapping. A tag `!!str`, or any style but plain,
  /// makes it a string.
  package var resolved: Resolved? {
    guard let scalar else { return nil }
    switch tag {
    case nil:
      return scalar.style == .plain ? CoreSchema.resolve(scalar.text) : .string(scalar.text)
    case "tag:yaml.org,2002:null", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:int":
      return CoreSchema.resolve(scalar.text)
    case "tag:yaml.org,2002:float":
      let value = CoreSchema.resolve(scalar.text)
      if case .int(let number) = value { return .double(Double(number)) }
      return value
    default:
      return .string(scalar.text)
    }
  }
}

enum CoreSchema {
  static func resolve(_ text: String) -> Resolved {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .double(.infinity)
    case "-.inf", "-.Inf", "-.INF": return .double(-.infinity)
    case ".nan", ".NaN", ".NAN": return .double(.nan)
    default: return number(text) ?? .string(text)
    }
  }

  /// Octal and hexadecimal take no sign; `1_000` and `0b1` are strings, as the schema has it.
  private static func number(_ text: String) -> Resolved? {
    let bytes = Array(text.utf8)
    if bytes.count > 2, bytes[0] == UInt8(ascii: "0") {
      let digits = String(text.dropFirst(2))
      if bytes[1] == UInt8(ascii: "o"), bytes[2...].allSatisfy({ (0x30...0x37).contains($0) }) {
        return Int(digits, radix: 8).map(Resolved.int)
      }
      if bytes[1] == UInt8(ascii: "x"), bytes[2...].allSatisfy(isHexadecimal) {
        return Int(digits, radix: 16).map(Resolved.int)
      }
    }
    guard let shape = decimalShape(bytes) else { return nil }
    if shape == .integer, let value = Int(text) { return .int(value) }
    return Double(text).map(Resolved.double)
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
    default: false
    }
  }

  private enum Shape { case integer, fraction }

  /// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
  private static func decimalShape(_ bytes: [UInt8]) -> Shape? {
    var rest = bytes[...]
    func digits() -> Int {
      let run = rest.prefix { (0x30...0x39).contains($0) }.count
      rest = rest.dropFirst(run)
      return run
    }
    func skip(_ characters: String) -> Bool {
      guard let first = rest.first, characters.utf8.contains(first) else { return false }
      rest = rest.dropFirst()
      return true
    }
    _ = skip("+-")
    let whole = digits()
    var shape = Shape.integer
    if skip(".") {
      shape = .fraction
      if digits() == 0, whole == 0 { return nil }
    } else if whole == 0 {
      return nil
    }
    if skip("eE") {
      shape = .fraction
      _ = skip("+-")
      if digits() == 0 { return nil }
    }
    return rest.isEmpty ? shape : nil
  }
}
