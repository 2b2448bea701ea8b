import Records

/// A sum of numbers, or of durations. Whole numbers are added exactly, others with what rounding
/// loses kept apart (Neumaier), so that many small ones are not lost beside a large one.
struct Total: Sendable {
  private var whole: Int64 = 0
  private var double = 0.0
  private var lost = 0.0
  private var hasDouble = false
  private var span: TimeSpan?
  private(set) var count: Int64 = 0

  /// Throws why `value` can not be added.
  func check(_ value: Value) throws(Failure) {
    switch value {
    case .int(let number):
      if whole.addingReportingOverflow(number).overflow { throw overflow }
    case .uint(let number):
      guard let number = Int64(exactly: number),
        !whole.addingReportingOverflow(number).overflow
      else { throw overflow }
    case .double: break
    case .duration(let more):
      if count > 0, span == nil { throw mixed }
      if (span ?? .zero).adding(more) == nil { throw overflow }
      return
    default: throw Failure(.expression, "a \(value.typeName) can not be added up")
    }
    if span != nil { throw mixed }
  }

  /// Adds a value that was checked.
  mutating func add(_ value: Value) {
    count += 1
    switch value {
    case .int(let number): whole &+= number
    case .uint(let number): whole &+= Int64(clamping: number)
    case .double(let number): add(number)
    case .duration(let more): span = (span ?? .zero).adding(more)
    default: break
    }
  }

  mutating func merge(_ other: Total) {
    count += other.count
    let (sum, overflow) = whole.addingReportingOverflow(other.whole)
    if overflow { add(Double(other.whole)) } else { whole = sum }
    if other.hasDouble {
      add(other.double)
      lost += other.lost
    }
    if let more = other.span { span = (span ?? .zero).adding(more) ?? span }
  }

  private mutating func add(_ number: Double) {
    hasDouble = true
    let sum = double + number
    if double.magnitude >= number.magnitude {
      lost += (double - sum) + number
    } else {
      lost += (number - sum) + double
    }
    double = sum
  }

  /// An int if all were whole numbers.
  var sum: Value {
    if let span { return .duration(span) }
    return hasDouble ? .double(number) : .int(whole)
  }

  /// A double, or a duration; null of nothing.
  var mean: Value {
    if count == 0 { return .null }
    guard let span else { return .double(number / Double(count)) }
    let seconds = (Double(span.seconds) + Double(span.nanoseconds) / 1e9) / Double(count)
    let rest = (seconds - seconds.rounded(.towardZero)) * 1e9
    return TimeSpan(seconds: Int64(seconds), nanoseconds: Int64(rest.rounded()))
      .map { .duration($0) } ?? .null
  }

  private var number: Double {
    // What is infinite has lost nothing that could be put back.
    let fraction = double.isFinite ? double + lost : double
    return Double(whole) + fraction
  }

  private var overflow: Failure {
    Failure(
      .expression, "the sum is outside of what int can hold", remedy: "sum(double(…)) has no limit")
  }

  private var mixed: Failure {
    Failure(.expression, "durations and numbers can not be added up together")
  }
}

/// How far numbers are from their mean, by the method of Welford, which loses nothing where they are
/// large and close together.
struct Spread: Sendable {
  private var count = 0.0
  private var mean = 0.0
  private var squares = 0.0

  mutating func add(_ number: Double) {
    count += 1
    let before = number - mean
    mean += before / count
    squares += before * (number - mean)
  }

  mutating func merge(_ other: Spread) {
    guard other.count > 0 else { return }
    let sum = count + other.count
    let apart = other.mean - mean
    squares += other.squares + apart * apart * count * other.count / sum
    mean += apart * other.count / sum
    count = sum
  }

  /// Of a sample, so over n - 1; nil of fewer than two numbers.
  var variance: Double? { count < 2 ? nil : squares / (count - 1) }
}
