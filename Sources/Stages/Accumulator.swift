import Records

/// What a call in the fields of `aggregate` gathers, as written.
enum AggregateFunction: Sendable {
  case count, sum, mean, least, greatest, quantile(Double), deviation, variance
  case first, last, distinct, list

  /// The names of the functions with their signatures.
  static let signatures: [(name: String, signatures: [String])] = [
    ("count", ["count() -> int", "count(bool) -> int"]),
    ("sum", ["sum(dyn) -> dyn"]), ("avg", ["avg(dyn) -> dyn"]), ("mean", ["mean(dyn) -> dyn"]),
    ("min", ["min(dyn) -> dyn"]), ("max", ["max(dyn) -> dyn"]),
    ("quantile", ["quantile(dyn, double) -> dyn", "quantile(dyn, int) -> dyn"]),
    ("median", ["median(dyn) -> dyn"]), ("stddev", ["stddev(dyn) -> dyn"]),
    ("variance", ["variance(dyn) -> dyn"]), ("first", ["first(dyn) -> dyn"]),
    ("last", ["last(dyn) -> dyn"]), ("distinct", ["distinct(dyn) -> int"]),
    ("list", ["list(dyn) -> list(dyn)"]),
  ]

  /// - Parameter share: the second argument of `quantile`.
  init?(_ name: String, share: Double?) {
    switch name {
    case "count": self = .count
    case "sum": self = .sum
    case "avg", "mean": self = .mean
    case "min": self = .least
    case "max": self = .greatest
    case "median": self = .quantile(0.5)
    case "quantile":
      guard let share else { return nil }
      self = .quantile(share)
    case "stddev": self = .deviation
    case "variance": self = .variance
    case "first": self = .first
    case "last": self = .last
    case "distinct": self = .distinct
    case "list": self = .list
    default: return nil
    }
  }

  var start: Accumulator {
    switch self {
    case .count: .count(0)
    case .sum, .mean: .total(Total())
    case .least: .extreme(nil, .before)
    case .greatest: .extreme(nil, .after)
    case .quantile: .sketch(Growing(QuantileSketch()))
    case .deviation, .variance: .spread(Spread())
    case .first, .last: .edge(nil, at: 0)
    case .distinct: .distinct(Growing([]))
    case .list: .list(Growing(ValueList()))
    }
  }
}

/// How much one group may gather.
struct GatherLimits: Sendable {
  /// Of different values.
  var values: Int
  /// Of a list, in bytes.
  var bytes: Int
}

/// What becomes more with every item. An accumulator holds it by reference, as its only owner: what an
/// enum has in it is not changed in place, and to take it out and put it back costs more than a change.
final class Growing<Contents> {
  var contents: Contents

  init(_ contents: Contents) { self.contents = contents }
}

/// Values with the places of their items in the stream.
struct ValueList {
  var values: [(at: Int, value: Value)] = []
  /// About what they take in a result.
  var bytes = 0
}

/// What one call has gathered of the items of one group.
enum Accumulator {
  case count(Int64)
  case total(Total)
  /// The least or greatest so far.
  case extreme(Value?, ValueOrder)
  case spread(Spread)
  case sketch(Growing<QuantileSketch>)
  /// The first or last value, and the place of its item in the stream.
  case edge(Value?, at: Int)
  case distinct(Growing<Set<Value>>)
  case list(Growing<ValueList>)

  /// Throws why `value` can not be added. Null is never added and never refused. Nothing is changed:
  /// it is mutating so that what is gathered is looked at where it lies and not copied.
  mutating func check(_ value: Value?, _ limits: GatherLimits) throws(Failure) {
    guard let value else { return }
    if case .null = value { return }
    switch self {
    case .count:
      guard case .bool = value else {
        throw Failure(.expression, "count() asks a condition, not a \(value.typeName)")
      }
    case .total(let total): try total.check(value)
    case .extreme(let best, _):
      let other = best ?? value
      if value.order(other) != nil || value.asDouble != nil && other.asDouble != nil { return }
      throw Failure(
        .expression, "a \(other.typeName) and a \(value.typeName) can not be compared")
    case .spread, .sketch:
      guard let number = value.asDouble else {
        throw Failure(.expression, "a number is needed, and this is a \(value.typeName)")
      }
      if !number.isFinite { throw Failure(.expression, "\(number) has no place in a distribution") }
    case .edge: break
    case .distinct(let seen):
      if seen.contents.count >= limits.values, !seen.contents.contains(value) {
        throw Failure(
          .tooLarge, "there are more than \(limits.values) different values",
          remedy: "raise 'max_keys'")
      }
    case .list(let list):
      if list.contents.bytes + value.weight > limits.bytes {
        throw Failure(
          .tooLarge, "the list is larger than 'max_line'", remedy: "raise 'max_line' under 'input'")
      }
    }
  }

  /// Adds a value that was checked, of the item at place `index` of the stream.
  mutating func add(_ value: Value?, _ function: AggregateFunction, at index: Int) {
    guard let value else {
      if case .count(let count) = self { self = .count(count + 1) }
      return
    }
    if case .null = value { return }
    switch self {
    case .count(let count): if case .bool(true) = value { self = .count(count + 1) }
    case .total(var total):
      total.add(value)
      self = .total(total)
    case .extreme(let best, let wanted):
      self = .extreme(Accumulator.better(best, value, wanted), wanted)
    case .spread(var spread):
      spread.add(value.asDouble ?? 0)
      self = .spread(spread)
    case .edge(let known, _):
      if case .first = function, known != nil { return }
      self = .edge(value, at: index)
    case .sketch(let sketch): sketch.contents.add(value.asDouble ?? 0)
    case .distinct(let seen): seen.contents.insert(value)
    case .list(let list):
      list.contents.values.append((index, value))
      list.contents.bytes += value.weight
    }
  }

  private static func better(_ best: Value?, _ value: Value, _ wanted: ValueOrder) -> Value? {
    if let number = value.asDouble, number.isNaN { return best }
    guard let best else { return value }
    return value.order(best) == wanted ? value : best
  }

  /// Adds what another one has gathered by the same function.
  mutating func merge(_ other: Accumulator, _ function: AggregateFunction) {
    switch (self, other) {
    case (.count(let a), .count(let b)): self = .count(a + b)
    case (.total(var a), .total(let b)):
      a.merge(b)
      self = .total(a)
    case (.extreme(let a, let wanted), .extreme(let b?, _)):
      self = .extreme(Accumulator.better(a, b, wanted), wanted)
    case (.spread(var a), .spread(let b)):
      a.merge(b)
      self = .spread(a)
    case (.sketch(let a), .sketch(let b)): a.contents.merge(b.contents)
    case (.edge(let a, let at), .edge(let b?, let place)):
      var isOther = a == nil || place > at
      if case .first = function { isOther = a == nil || place < at }
      if isOther { self = .edge(b, at: place) }
    case (.distinct(let a), .distinct(let b)): a.contents.formUnion(b.contents)
    case (.list(let a), .list(let b)):
      a.contents.values += b.contents.values
      a.contents.values.sort { $0.at < $1.at }
      a.contents.bytes += b.contents.bytes
    default: break
    }
  }

  func result(_ function: AggregateFunction) -> Value {
    switch (self, function) {
    case (.count(let count), _): .int(count)
    case (.total(let total), .mean): total.mean
    case (.total(let total), _): total.sum
    case (.extreme(let best, _), _): best ?? .null
    case (.spread(let spread), .deviation):
      spread.variance.map { .double($0.squareRoot()) } ?? .null
    case (.spread(let spread), _): spread.variance.map { .double($0) } ?? .null
    case (.sketch(let sketch), .quantile(let share)):
      sketch.contents.quantile(share).map { .double($0) } ?? .null
    case (.sketch, _): .null
    case (.edge(let value, _), _): value ?? .null
    case (.distinct(let seen), _): .int(Int64(seen.contents.count))
    case (.list(let list), _): .list(list.contents.values.map { $0.value })
    }
  }
}

extension Value {
  /// A number as a double; nil for what is none.
  var asDouble: Double? {
    switch self {
    case .int(let number): Double(number)
    case .uint(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }

  /// About what it takes in a result, in bytes.
  fileprivate var weight: Int {
    if case .string(let text) = self { text.bytes.count + 3 } else { spelling.bytes.count + 1 }
  }
}
