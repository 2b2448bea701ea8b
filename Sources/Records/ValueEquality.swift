extension Value {
  /// CEL's `==`: numbers of different types are equal if they are the same number, NaN is equal to
  /// nothing, and values of other different types are never equal.
  package func isEqual(to other: Value) -> Bool {
    switch (self, other) {
    case (.int(let a), .int(let b)): a == b
    case (.string(let a), .string(let b)): a == b
    case (.bool(let a), .bool(let b)): a == b
    case (.null, .null): true
    case (.bytes(let a), .bytes(let b)): a == b
    case (.list(let a), .list(let b)):
      a.count == b.count && zip(a, b).allSatisfy { $0.isEqual(to: $1) }
    case (.map(let a), .map(let b)): Value.areEqual(a, b)
    case (.timestamp(let a), .timestamp(let b)): a == b
    case (.duration(let a), .duration(let b)): a == b
    case (.type(let a), .type(let b)): a == b
    case (.optional(let a), .optional(let b)): Value.areEqual(a, b)
    case (.int, _), (.uint, _), (.double, _): numericOrder(other) == .same
    default: false
    }
  }

  private static func areEqual(_ a: ValueMap, _ b: ValueMap) -> Bool {
    if a === b, a.entries.allSatisfy({ !$0.value.holdsNaN }) { return true }
    guard a.count == b.count else { return false }
    return a.entries.allSatisfy { entry in
      b[entry.key].map { $0.isEqual(to: entry.value) } ?? false
    }
  }

  private static func areEqual(_ a: Value?, _ b: Value?) -> Bool {
    guard let a, let b else { return a == nil && b == nil }
    return a.isEqual(to: b)
  }

  /// Whether it may not be equal to itself.
  private var holdsNaN: Bool {
    switch self {
    case .double(let number): number.isNaN
    case .list, .map, .optional: true
    default: false
    }
  }
}

/// As keys of maps and groups: numbers of different types are the same key if they are the same
/// number, exactly, and NaN is the same as NaN.
extension Value: Hashable {
  package static func == (a: Value, b: Value) -> Bool {
    switch (a, b) {
    case (.double(let x), .double(let y)): x == y || x.isNaN && y.isNaN
    case (.int, .double), (.uint, .double), (.double, .int), (.double, .uint):
      a.exactOrder(b) == .same
    case (.list(let x), .list(let y)): x == y
    case (.map(let x), .map(let y)):
      x === y || x.count == y.count && x.entries.allSatisfy { y[$0.key] == $0.value }
    case (.optional(let x), .optional(let y)): x == y
    default: a.isEqual(to: b)
    }
  }

  package func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0 as UInt8)
    case .bool(let bool): hasher.combine(bool)
    case .int(let number): hasher.combine(number)
    case .uint(let number): Value.hash(number, into: &hasher)
    case .double(let number): Value.hash(number, into: &hasher)
    case .string(let text): hasher.combine(text)
    case .bytes(let bytes): hasher.combine(bytes)
    case .list(let elements): hasher.combine(elements)
    // Its order does not count, so neither may it in the hash.
    case .map(let map):
      hasher.combine(map.entries.reduce(0) { $0 ^ ($1.key.hashValue &+ 31 &* $1.value.hashValue) })
    case .timestamp(let time): hasher.combine(time)
    case .duration(let span): hasher.combine(span)
    case .type(let name): hasher.combine(name)
    case .optional(let value): hasher.combine(value)
    }
  }

  private static func hash(_ number: UInt64, into hasher: inout Hasher) {
    if let same = Int64(exactly: number) { hasher.combine(same) } else { hasher.combine(number) }
  }

  private static func hash(_ number: Double, into hasher: inout Hasher) {
    if let same = Int64(exactly: number) {
      hasher.combine(same)
    } else if let same = UInt64(exactly: number) {
      hasher.combine(same)
    } else {
      hasher.combine(number.isNaN ? .nan : number)
    }
  }
}
