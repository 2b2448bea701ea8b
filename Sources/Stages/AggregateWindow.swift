import Expressions
import Lines
import PipelineModel
import Records

/// How `aggregate` divides the stream, as written.
struct AggregateWindow: Sendable {
  enum Form: Sendable, Equatable {
    case whole
    /// So many items each.
    case count(Int)
    /// A length of time each, in nanoseconds, beginning at a multiple of it since 1970.
    case every(Int)
    /// For each key from its first item to the pause that is as long, in nanoseconds.
    case gap(Int)
  }
  let form: Form
  /// The time of an item; nil: the clock's.
  let time: Program?
  /// How much later than one with a greater time an item may come, in nanoseconds.
  let lateness: Int

  /// Whether it is the clock that ends windows.
  var goesByClock: Bool {
    switch form {
    case .whole, .count: false
    case .every, .gap: time == nil
    }
  }

  static let whole = AggregateWindow(form: .whole, time: nil, lateness: 0)
  /// A hundred years: no sum of two and a time leaves the range of an Int.
  private static let lengths = Duration.milliseconds(1) ... .seconds(36_500 * 86_400)

  static let fields = [
    Field("every", .duration(lengths), "Windows of this length, one behind the other."),
    Field(
      "gap", .duration(lengths),
      "Sessions: for each key a window ends where nothing came for so long."),
    Field("count", .int(1...Int.max), "Windows of so many items, whatever their keys."),
    Field(
      "time", .expression, defaultNote: "when the item comes",
      "When an item happened: a timestamp, or a number of seconds since 1970."),
    Field(
      "lateness", .duration(.zero ... .seconds(36_500 * 86_400)), defaultNote: "0s",
      "A window stays open until an item is so much later than its end."),
  ]

  private init(form: Form, time: Program?, lateness: Int) {
    self.form = form
    self.time = time
    self.lateness = lateness
  }

  init(
    _ arguments: Arguments, _ expressions: inout ItemExpressions
  ) throws(Diagnostic) {
    let given = ["every", "gap", "count"].filter { arguments.isGiven($0) }
    guard given.count == 1, let kind = given.first else {
      throw Diagnostic(
        given.isEmpty ? "a window has a length" : "a window has one length", at: arguments.place,
        remedy: "give 'every', 'gap' or 'count'", code: "missing-key")
    }
    let timed = arguments.argument("time")
    if kind == "count", let wrong = ["time", "lateness"].first(where: { arguments.isGiven($0) }) {
      throw Diagnostic(
        "'\(wrong)' means nothing for a window of so many items", at: arguments.place(wrong),
        remedy: "leave it out")
    }
    if timed == nil, arguments.isGiven("lateness") {
      throw Diagnostic(
        "nothing is late by the clock", at: arguments.place("lateness"),
        remedy: "give 'time', or leave 'lateness' out")
    }
    var program: Program?
    if let timed { program = try expressions.compile(timed) }
    time = program
    lateness = Int(arguments.duration("lateness")?.nanoseconds ?? 0)
    let length = Int(arguments.duration(kind)?.nanoseconds ?? 1)
    form =
      switch kind {
      case "every": .every(length)
      case "gap": .gap(length)
      default: .count(arguments.int("count") ?? 1)
      }
  }
}

extension Duration {
  fileprivate var nanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}

/// The time of items, and up to where it is complete. In nanoseconds since 1970.
struct EventTime {
  private var evaluator: Evaluator?
  private let lateness: Int
  /// No item with an earlier time is expected.
  private(set) var complete = Int.min
  /// What the clock says, where items have its time.
  private var now: Int?

  init(_ window: AggregateWindow) {
    evaluator = window.time?.evaluator()
    lateness = window.lateness
  }

  /// Whether items have the clock's time.
  var isClock: Bool { evaluator == nil }

  /// The time of the item that was loaded last.
  mutating func read(_ values: ItemValues, _ batch: Batch) throws(Failure) -> Int {
    guard let value = try evaluator?.value(values, batch) else {
      guard let now else { throw Failure(.stage, "the window needs a clock, and there is none") }
      return now
    }
    switch value {
    case .timestamp(let time):
      let (whole, overflow) = Int(time.seconds).multipliedReportingOverflow(by: 1_000_000_000)
      if !overflow, Self.range.contains(whole) { return whole + Int(time.nanoseconds) }
    case .int, .uint, .double:
      let seconds = value.asDouble ?? .nan
      if seconds.magnitude < Double(Self.range.upperBound) / 1e9 {
        if case .int(let whole) = value { return Int(whole) * 1_000_000_000 }
        return Int(seconds * 1e9)
      }
    default:
      throw Failure(
        .expression,
        "the time of an item is a timestamp or seconds since 1970, not a "
          + "\(value.typeName)", remedy: "timestamp(this.time) reads RFC 3339")
    }
    throw Failure(.expression, "the time is outside of the years 1824 to 2116")
  }

  /// Half of what an Int holds, so that nothing that is added to it overflows.
  private static let range = Int.min / 2...Int.max / 2

  /// An item with this time was taken.
  mutating func took(_ time: Int) {
    if !isClock { complete = max(complete, time - lateness) }
  }

  /// - Parameter date: what the clock says; where it has gone back, time stands still until it is
  ///   there again.
  mutating func tick(_ date: Int64) {
    let later = max(min(max(Int(date), Self.range.lowerBound), Self.range.upperBound), now ?? .min)
    now = later
    complete = max(complete, later)
  }

  static func late(_ time: Int) -> Failure {
    Failure(
      .expression,
      "the item comes too late: the window of its time, \(Value.time(time).spelling), has been "
        + "given",
      remedy: "raise 'lateness' of the window, or leave such items out with 'on_error: skip'")
  }
}

extension Value {
  /// The timestamp of some nanoseconds since 1970.
  static func time(_ nanoseconds: Int) -> Value {
    let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    let isBefore = rest < 0
    return Timestamp(
      seconds: Int64(isBefore ? seconds - 1 : seconds),
      nanoseconds: Int32(isBefore ? rest + 1_000_000_000 : rest)
    ).map { .timestamp($0) } ?? .null
  }
}
