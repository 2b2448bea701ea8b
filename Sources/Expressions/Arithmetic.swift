import Records

extension Operator {
  /// `+`, `-`, `*`, `/` and `%`.
  func apply(_ a: Value, _ b: Value) throws(Problem) -> Value {
    switch (a, b) {
    case (.int(let x), .int(let y)): .int(try integers(x, y, "int"))
    case (.double(let x), .double(let y)): try doubles(x, y, a, b)
    case (.uint(let x), .uint(let y)): .uint(try integers(x, y, "uint"))
    case (.int(let x), .double(let y)): try doubles(Double(x), y, a, b)
    case (.double(let x), .int(let y)): try doubles(x, Double(y), a, b)
    case (.uint(let x), .double(let y)): try doubles(Double(x), y, a, b)
    case (.double(let x), .uint(let y)): try doubles(x, Double(y), a, b)
    default: try others(a, b)
    }
  }

  private func integers<I: FixedWidthInteger>(
    _ a: I, _ b: I, _ type: String
  ) throws(Problem) -> I {
    let result: (partialValue: I, overflow: Bool)
    switch self {
    case .add: result = a.addingReportingOverflow(b)
    case .subtract: result = a.subtractingReportingOverflow(b)
    case .multiply: result = a.multipliedReportingOverflow(by: b)
    default:
      if b == 0 { throw Problem("\(a) \(rawValue) 0: division by zero") }
      result =
        self == .divide
        ? a.dividedReportingOverflow(by: b) : a.remainderReportingOverflow(dividingBy: b)
    }
    if result.overflow {
      throw Problem("\(a) \(rawValue) \(b) is outside of what \(type) can hold")
    }
    return result.partialValue
  }

  private func doubles(
    _ x: Double, _ y: Double, _ a: Value, _ b: Value
  ) throws(Problem) -> Value {
    switch self {
    case .add: .double(x + y)
    case .subtract: .double(x - y)
    case .multiply: .double(x * y)
    case .divide: .double(x / y)
    default: throw undefined(a, b)
    }
  }

  private func others(_ a: Value, _ b: Value) throws(Problem) -> Value {
    switch (self, a, b) {
    case (.add, .string(let x), .string(let y)):
      try Limit.check(bytes: x.bytes.count + y.bytes.count)
      return .string(Text(x.bytes + y.bytes))
    case (.add, .bytes(let x), .bytes(let y)):
      try Limit.check(bytes: x.count + y.count)
      return .bytes(x + y)
    case (.add, .list(let x), .list(let y)):
      try Limit.check(elements: x.count + y.count)
      return .list(x + y)
    case (.add, .timestamp(let time), .duration(let span)),
      (.add, .duration(let span), .timestamp(let time)):
      return .timestamp(try Operator.inRange(time.adding(span)))
    case (.subtract, .timestamp(let time), .duration(let span)):
      return .timestamp(try Operator.inRange(time.adding(span.negated)))
    case (.subtract, .timestamp(let x), .timestamp(let y)):
      return .duration(try Operator.inRange(x.since(y)))
    case (.add, .duration(let x), .duration(let y)):
      return .duration(try Operator.inRange(x.adding(y)))
    case (.subtract, .duration(let x), .duration(let y)):
      return .duration(try Operator.inRange(x.adding(y.negated)))
    default: throw undefined(a, b)
    }
  }

  private static func inRange(_ time: Timestamp?) throws(Problem) -> Timestamp {
    guard let time else { throw Problem("the timestamp is outside of the years 1 to 9999") }
    return time
  }

  /// As in the other implementations, what is reckoned with durations is at most what 64 bits hold
  /// of nanoseconds: 292 years.
  private static func inRange(_ span: TimeSpan?) throws(Problem) -> TimeSpan {
    guard let span, span.wholeNanoseconds != nil else {
      throw Problem("the duration would be longer than 292 years")
    }
    return span
  }

  func undefined(_ a: Value, _ b: Value) -> Problem {
    Problem("'\(rawValue)' is not defined for \(a.shortTypeName) and \(b.shortTypeName)")
  }

  // MARK: Comparison

  @inline(__always)
  func holds<T: Comparable>(_ a: T, _ b: T) -> Bool {
    switch self {
    case .less: a < b
    case .atMost: a <= b
    case .greater: a > b
    case .atLeast: a >= b
    case .equal: a == b
    default: a != b
    }
  }

  /// `==`, `!=`, `<`, `<=`, `>` and `>=`.
  func compare(
    _ a: Value, _ b: Value, at place: Range<Int>
  ) throws(EvaluationFault) -> Bool {
    switch (a, b) {
    case (.int(let x), .int(let y)): return holds(x, y)
    case (.double(let x), .double(let y)): return holds(x, y)
    default: break
    }
    if self == .equal || self == .notEqual {
      do throws(Problem) {
        try Limit.check(comparing: a, b)
      } catch {
        throw error.at(place)
      }
      return a.isEqual(to: b) == (self == .equal)
    }
    guard let order = a.order(b) else {
      if a.isNumber, b.isNumber { return false }
      throw undefined(a, b).at(place)
    }
    switch self {
    case .less: return order == .before
    case .atMost: return order != .after
    case .greater: return order == .after
    default: return order != .before
    }
  }
}

extension Value {
  var isNumber: Bool {
    switch self {
    case .int, .uint, .double: true
    default: false
    }
  }
}
