import Records

/// The largest values that an expression may make, so that one item can not take all memory or time.
enum Limit {
  /// Of a string or bytes, in bytes.
  static let bytes = 256 << 20
  /// Of a list or map.
  static let elements = 1 << 24
  /// Of all loops of one evaluation together: some seconds.
  static let rounds = 100_000_000

  static func check(bytes count: Int) throws(Problem) {
    if count > bytes { throw Problem("the result would be larger than \(bytes >> 20) MiB") }
  }

  static func check(elements count: Int) throws(Problem) {
    if count > elements {
      throw Problem("the result would have more than \(elements) elements")
    }
  }

  /// That a value with all that is in it stays below the limit: in a hundred lists that each hold the
  /// one before twice there is little to keep and no end to what is to be written or compared.
  static func check(weightOf value: Value) throws(Problem) {
    var left = bytes
    // An element costs about as much time as so many bytes.
    guard take(value, &left, each: 64) else {
      throw Problem("the value would be larger than \(bytes >> 20) MiB if it were written")
    }
  }

  /// About what a value takes in memory if it shares nothing, in bytes.
  static func memory(of value: Value, most: Int) throws(Problem) -> Int {
    var left = most
    guard take(value, &left, each: element) else {
      throw Problem("what the loops make would be larger than \(bytes >> 20) MiB")
    }
    return most - left
  }

  /// The place of a value in a list: the largest list of small values stays within the bytes.
  private static let element = bytes / elements

  /// As `check(weightOf:)` of both, where there is anything in them.
  static func check(comparing a: Value, _ b: Value) throws(Problem) {
    switch (a, b) {
    case (.list, .list), (.map, .map), (.optional, .optional):
      try check(weightOf: a)
      try check(weightOf: b)
    default: break
    }
  }

  /// False if there is more than is left.
  private static func take(_ value: Value, _ left: inout Int, each: Int) -> Bool {
    left -= each
    switch value {
    case .string(let text): left -= text.bytes.count
    case .bytes(let bytes): left -= bytes.count
    case .list(let list):
      for element in list where !take(element, &left, each: each) { return false }
    case .map(let map):
      for entry in map.entries
      where !take(entry.key, &left, each: each) || !take(entry.value, &left, each: each) {
        return false
      }
    case .optional(let inner): if let inner { return take(inner, &left, each: each) }
    default: break
    }
    return left >= 0
  }
}
