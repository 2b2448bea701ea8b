/// What the checker knows of a value before there is one. `dyn` is a value of any type.
package indirect enum Type: Sendable, Hashable {
  case dyn
  case null, bool, int, uint, double, string, bytes, timestamp, duration
  case list(Type)
  case map(Type, Type)
  /// The type of a type.
  case type(Type)
  case optional(Type)
  /// Any type, the same wherever the parameter stands. In a signature its name; while checking a
  /// number.
  case parameter(String)
  case unknown(Int)
}

extension Type: CustomStringConvertible {
  package var description: String {
    switch self {
    case .dyn: "dyn"
    case .null: "null_type"
    case .bool: "bool"
    case .int: "int"
    case .uint: "uint"
    case .double: "double"
    case .string: "string"
    case .bytes: "bytes"
    case .timestamp: "timestamp"
    case .duration: "duration"
    case .list(let element): "list(\(element))"
    case .map(let key, let value): "map(\(key), \(value))"
    case .type(let type): "type(\(type))"
    case .optional(let type): "optional(\(type))"
    case .parameter(let name): name
    case .unknown: "dyn"
    }
  }

  /// The types that have a name an expression can write, with that name.
  static let named: [String: Type] = [
    "bool": .bool, "int": .int, "uint": .uint, "double": .double, "string": .string,
    "bytes": .bytes, "list": .list(.dyn), "map": .map(.dyn, .dyn), "null_type": .null,
    "type": .type(.dyn), "optional_type": .optional(.dyn),
    "google.protobuf.Timestamp": .timestamp, "google.protobuf.Duration": .duration,
  ]

  var isNumber: Bool { self == .int || self == .uint || self == .double }
}

/// How a function may be called: `text.split(text, int) -> list(text)`.
struct Signature: Sendable {
  /// The receiver first, if there is one.
  var parameters: [Type]
  var result: Type
  var isMethod: Bool
  /// The last parameter may be given any number of times from here on.
  var isVariadic = false

  /// - Parameter text: `name(types) -> type`, or `type.name(types) -> type` for a method, where the
  ///   types have CEL's names and single capitals are parameters; `...` behind the last parameter.
  init(_ text: String, name: String) {
    var reader = SignatureReader(text)
    parameters = []
    isMethod = !text.hasPrefix(name + "(")
    if isMethod { parameters.append(reader.type()) }
    reader.skip(to: UInt8(ascii: "("))
    while reader.byte != UInt8(ascii: ")"), reader.byte != nil {
      parameters.append(reader.type())
      if reader.byte == UInt8(ascii: ".") {
        isVariadic = true
        for _ in 0..<3 { reader.skip(to: UInt8(ascii: ".")) }
      }
      if reader.byte == UInt8(ascii: ",") { reader.skip(to: UInt8(ascii: ",")) }
    }
    reader.skip(to: UInt8(ascii: ">"))
    result = reader.type()
  }
}

/// Reads the signatures that stand in the table of functions.
private struct SignatureReader {
  private let text: [UInt8]
  private var position = 0

  init(_ text: String) { self.text = Array(text.utf8) }

  var byte: UInt8? { position < text.count ? text[position] : nil }

  /// Moves behind the next of these bytes, one after the other, and the spaces that follow.
  mutating func skip(to marks: UInt8...) {
    for mark in marks {
      while let byte, byte != mark { position += 1 }
      position += 1
    }
    while byte == 0x20 { position += 1 }
  }

  mutating func type() -> Type {
    while byte == 0x20 { position += 1 }
    let start = position
    while let c = byte, c.continuesName { position += 1 }
    let name = String(decoding: text[start..<position], as: UTF8.self)
    var arguments: [Type] = []
    if byte == UInt8(ascii: "("), ["list", "map", "optional", "type"].contains(name) {
      position += 1
      while let c = byte, c != UInt8(ascii: ")") {
        if c == UInt8(ascii: ",") { position += 1 }
        arguments.append(type())
      }
      position += 1
    }
    return SignatureReader.type(name, arguments)
  }

  private static func type(_ name: String, _ arguments: [Type]) -> Type {
    switch name {
    case "list": .list(arguments.first ?? .dyn)
    case "map": .map(arguments.first ?? .dyn, arguments.last ?? .dyn)
    case "optional": .optional(arguments.first ?? .dyn)
    case "type": .type(arguments.first ?? .dyn)
    case "timestamp": .timestamp
    case "duration": .duration
    case "dyn": .dyn
    default: Type.named[name] ?? .parameter(name)
    }
  }
}
