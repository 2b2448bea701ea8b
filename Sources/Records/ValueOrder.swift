package enum ValueOrder: Sendable {
  case before, same, after

  init<T: Comparable>(_ a: T, _ b: T) { self = a < b ? .before : a == b ? .same : .after }

  package var reversed: ValueOrder {
    switch self {
    case .before: .after
    case .same: .same
    case .after: .before
    }
  }
}

extension Value {
  /// The order of `<`; nil for values that have none: of different types that are not both numbers,
  /// NaN, lists, maps and null.
  package func order(_ other: Value) -> ValueOrder? {
    switch (self, other) {
    case (.int(let a), .int(let b)): ValueOrder(a, b)
    case (.string(let a), .string(let b)): ValueOrder(a.bytes, b.bytes)
    case (.bytes(let a), .bytes(let b)): ValueOrder(a, b)
    case (.timestamp(let a), .timestamp(let b)): ValueOrder(a, b)
    case (.duration(let a), .duration(let b)): ValueOrder(a, b)
    case (.bool(let a), .bool(let b)): ValueOrder(a ? 1 : 0, b ? 1 : 0)
    default: numericOrder(other)
    }
  }

  /// Nil for NaN and what is no number. An int and a double are compared as doubles, so beyond 2^53
  /// two different ints may be equal to the same double: so the conformance suite wants it.
  func numericOrder(_ other: Value) -> ValueOrder? {
    switch (self, other) {
    case (.int(let a), .double(let b)): b.isNaN ? nil : ValueOrder(Double(a), b)
    case (.uint(let a), .double(let b)): b.isNaN ? nil : ValueOrder(Double(a), b)
    case (.double, .int), (.double, .uint): other.numericOrder(self)?.reversed
    default: exactOrder(other)
    }
  }

  /// As if both were numbers without limits; nil for NaN and what is no number.
  func exactOrder(_ other: Value) -> ValueOrder? {
    switch (self, other) {
    case (.int(let a), .int(let b)): ValueOrder(a, b)
    case (.uint(let a), .uint(let b)): ValueOrder(a, b)
    case (.double(let a), .double(let b)): a.isNaN || b.isNaN ? nil : ValueOrder(a, b)
    case (.int(let a), .uint(let b)): a < 0 ? .before : ValueOrder(UInt64(a), b)
    case (.uint, .int), (.double, .int), (.double, .uint): other.exactOrder(self)?.reversed
    case (.int(let a), .double(let b)): Value.order(a, b)
    case (.uint(let a), .double(let b)): Value.order(a, b)
    default: nil
    }
  }

  /// An integer and a double, exactly: a double holds no integer above 2^53 for certain.
  private static func order<I: FixedWidthInteger>(_ a: I, _ b: Double) -> ValueOrder? {
    if b.isNaN { return nil }
    let whole = b.rounded(.down)
    guard let integer = I(exactly: whole) else { return b < 0 ? .after : .before }
    if a != integer { return ValueOrder(a, integer) }
    return b > whole ? .before : .same
  }

  /// A total order, for sorting what may be of several types: null, bool, numbers (NaN first),
  /// strings, bytes, durations, timestamps, lists, maps, the rest. Values that are the same key are
  /// the same in it.
  package func sortOrder(_ other: Value) -> ValueOrder {
    let (a, b) = (rank, other.rank)
    if a != b { return ValueOrder(a, b) }
    switch (self, other) {
    case (.list(let x), .list(let y)): return Value.sortOrder(x, y)
    case (.map(let x), .map(let y)): return Value.sortOrder(x, y)
    case (.type(let x), .type(let y)): return ValueOrder(x, y)
    case (.optional(let x), .optional(let y)):
      return Value.sortOrder(x.map { [$0] } ?? [], y.map { [$0] } ?? [])
    case (.int, _), (.uint, _), (.double, _):
      return exactOrder(other) ?? ValueOrder(isNaN ? 0 : 1, other.isNaN ? 0 : 1)
    default: return order(other) ?? .same
    }
  }

  private static func sortOrder(_ a: [Value], _ b: [Value]) -> ValueOrder {
    for (x, y) in zip(a, b) {
      let order = x.sortOrder(y)
      if order != .same { return order }
    }
    return ValueOrder(a.count, b.count)
  }

  private static func sortOrder(_ a: ValueMap, _ b: ValueMap) -> ValueOrder {
    func sorted(_ map: ValueMap) -> [Value] {
      map.entries.sorted { $0.key.sortOrder($1.key) == .before }.flatMap { [$0.key, $0.value] }
    }
    return sortOrder(sorted(a), sorted(b))
  }

  private var isNaN: Bool {
    if case .double(let number) = self { number.isNaN } else { false }
  }

  private var rank: Int {
    switch self {
    case .null: 0
    case .bool: 1
    case .int, .uint, .double: 2
    case .string: 3
    case .bytes: 4
    case .duration: 5
    case .timestamp: 6
    case .list: 7
    case .map: 8
    case .type: 9
    case .optional: 10
    }
  }
}

extension ValueOrder {
  init(_ a: [UInt8], _ b: [UInt8]) {
    let order = unsafe a.span.bytes.order(b.span.bytes)
    self = order < 0 ? .before : order == 0 ? .same : .after
  }
}
