import Records

extension Function {
  static let conversions: [Function] = [
    Function(
      "bool", ["bool(bool) -> bool", "bool(string) -> bool"],
      "A bool of itself, or of one of the texts true, True, TRUE, t, 1 and false, False, FALSE, f, 0.",
      ("bool(\"true\")", "true"), .one(Conversion.bool)),
    Function(
      "bytes", ["bytes(bytes) -> bytes", "bytes(string) -> bytes"], "The bytes of a string.",
      ("bytes(\"abc\")", "b\"abc\""), .one(Conversion.bytes)),
    Function(
      "double",
      [
        "double(double) -> double", "double(int) -> double", "double(uint) -> double",
        "double(string) -> double",
      ],
      "The number as a double. Of a string also NaN and Infinity.",
      ("double(\"1e3\")", "1000.0"), .one(Conversion.double)),
    Function(
      "duration", ["duration(duration) -> duration", "duration(string) -> duration"],
      "A length of time, written with the units h, m, s, ms, us and ns.",
      ("duration(\"1m30s\") == duration(\"90s\")", "true"), .one(Conversion.duration)),
    Function(
      "dyn", ["dyn(A) -> dyn"], "The value itself, of which the checker then knows nothing.",
      ("dyn(1) == \"a\"", "false"), .one { (value) throws(Problem) in value }),
    Function(
      "int",
      [
        "int(int) -> int", "int(uint) -> int", "int(double) -> int", "int(string) -> int",
        "int(bool) -> int", "int(timestamp) -> int",
      ],
      "The number as an int, a double cut off towards zero; of a bool 1 or "
        + "0, of a timestamp the seconds since 1970. "
        + "What an int can not hold is a failure.",
      ("int(\"42\") + int(1.9)", "43"), .one(Conversion.int)),
    Function(
      "string",
      [
        "string(string) -> string", "string(bool) -> string", "string(int) -> string",
        "string(uint) -> string", "string(double) -> string", "string(bytes) -> string",
        "string(timestamp) -> string", "string(duration) -> string",
      ],
      "The value as text. Bytes that are not UTF-8 are a failure. A double has as few digits as "
        + "tell it from others, and an exponent from a million up.",
      ("string(1.5) + string(true)", "\"1.5true\""), .one(Conversion.string)),
    Function(
      "timestamp",
      [
        "timestamp(timestamp) -> timestamp", "timestamp(string) -> timestamp",
        "timestamp(int) -> timestamp",
      ],
      "A point in time, of RFC 3339 or of seconds since 1970.",
      ("timestamp(\"2026-10-10T13:55:36+02:00\") == timestamp(1791633336)", "true"),
      .one(Conversion.timestamp)),
    Function(
      "type", ["type(A) -> type(A)"],
      "The type of the value. Types are compared, with bool, bytes, double, int, list, map, "
        + "null_type, optional_type, string, type, uint, google.protobuf.Duration and "
        + "google.protobuf.Timestamp.",
      ("type(1) == int", "true"), .one { (value) throws(Problem) in .type(value.typeName) }),
    Function(
      "uint",
      [
        "uint(uint) -> uint", "uint(int) -> uint", "uint(double) -> uint",
        "uint(string) -> uint",
      ],
      "The number without a sign. A negative one is a failure.", ("uint(7)", "7u"),
      .one(Conversion.uint)),
    Function(
      "size",
      [
        "size(string) -> int", "size(bytes) -> int", "size(list(A)) -> int",
        "size(map(K, V)) -> int",
        "string.size() -> int", "bytes.size() -> int", "list(A).size() -> int",
        "map(K, V).size() -> int",
      ],
      "The number of characters, bytes, elements or keys. A byte that is no UTF-8 counts one.",
      ("size(\"h\u{e9}\") + [1].size()", "3"), .one(Conversion.size)),
  ]
}

/// From one type to another.
enum Conversion {
  @Sendable static func bool(_ value: Value) throws(Problem) -> Value {
    switch value {
    case .bool: return value
    case .string(let text):
      switch text.string {
      case "true", "True", "TRUE", "t", "T", "1": return true
      case "false", "False", "FALSE", "f", "F", "0": return false
      default: throw Problem("\(value.shown) is neither true nor false")
      }
    default: throw .unsuited
    }
  }

  @Sendable static func bytes(_ value: Value) throws(Problem) -> Value {
    switch value {
    case .bytes: return value
    case .string(let text): return .bytes(text.bytes)
    default: throw .unsuited
    }
  }

  @Sendable static func double(_ value: Value) throws(Problem) -> Value {
    switch value {
    case .double: return value
    case .int(let number): return .double(Double(number))
    case .uint(let number): return .double(Double(number))
    case .string(let text):
      guard let number = Double(celText: text.bytes) else {
        throw Problem("\(value.shown) is no number")
      }
      return .double(number)
    default: throw .unsuited
    }
  }

  @Sendable static func duration(_ value: Value) throws(Problem) -> Value {
    switch value {
    case .duration: return value
    case .string(let text):
      guard let span = TimeSpan(text.bytes) else {
        throw Problem("\(value.shown) is no duration as '1h30m' is one")
      }
      return .duration(span)
    default: throw .unsuited
    }
  }

  @Sendable static func int(_ value: Value) throws(Problem) -> Value {
    switch value {
    case .int: return value
    case .uint(let number):
      guard let same = Int64(exactly: number) else { throw outside(value, "int") }
      return .int(same)
    case .double(let number):
      guard number > -0x1p63, number < 0x1p63 else { throw outside(value, "int") }
      return .int(Int64(number))
    case .string(let text):
      guard let number = Int64(text.string) else {
        throw Problem("\(value.shown) is no whole number that an int can hold")
      }
      return .int(number)
    case .bool(let bool): return bool ? 1 : 0
    case .timestamp(let time): return .int(time.seconds)
    default: throw .unsuited
    }
  }

  @Sendable static func uint(_ value: Value) throws(Problem) -> Value {
    switch value {
    case .uint: return value
    case .int(let number):
      guard let same = UInt64(exactly: number) else { throw outside(value, "uint") }
      return .uint(same)
    case .double(let number):
      guard number > -1, number < 0x1p64, !(number < 0) else { throw outside(value, "uint") }
      return .uint(UInt64(number))
    case .string(let text):
      guard let number = UInt64(text.string), text.bytes.first?.isDigit == true else {
        throw Problem("\(value.shown) is no whole number that a uint can hold")
      }
      return .uint(number)
    default: throw .unsuited
    }
  }

  private static func outside(_ value: Value, _ type: String) -> Problem {
    Problem("\(value.shown) is outside of what \(type) can hold")
  }

  @Sendable static func string(_ value: Value) throws(Problem) -> Value {
    switch value {
    case .string: return value
    case .bool(let bool): return Value(bool ? "true" : "false")
    case .int(let number): return Value(String(number))
    case .uint(let number): return Value(String(number))
    case .double(let number): return Value(number.celText)
    case .bytes(let bytes):
      let text = Text(bytes)
      guard text.isUTF8 else { throw Problem("the bytes are not UTF-8") }
      return .string(text)
    case .timestamp(let time): return Value(time.text)
    case .duration(let span): return Value(span.text)
    default: throw .unsuited
    }
  }

  @Sendable static func timestamp(_ value: Value) throws(Problem) -> Value {
    switch value {
    case .timestamp: return value
    case .int(let number):
      guard let time = Timestamp(seconds: number) else {
        throw Problem("\(number) is outside of the years 1 to 9999")
      }
      return .timestamp(time)
    case .string(let text):
      guard let time = Timestamp(text.bytes) else {
        throw Problem("\(value.shown) is no timestamp as '2026-10-10T13:55:36Z' is one")
      }
      return .timestamp(time)
    default: throw .unsuited
    }
  }

  @Sendable static func size(_ value: Value) throws(Problem) -> Value {
    switch value {
    case .string(let text): return .int(Int64(text.count))
    case .bytes(let bytes): return .int(Int64(bytes.count))
    case .list(let list): return .int(Int64(list.count))
    case .map(let map): return .int(Int64(map.count))
    default: throw .unsuited
    }
  }
}
