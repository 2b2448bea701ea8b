import Lines
import Records

/// Windows that hold items of all keys: the whole stream, so many items, or a length of time.
struct AggregateSpans {
  /// A window with what it has gathered.
  struct Span {
    /// In nanoseconds since 1970, or the place of the first item, from 1.
    var start: Int
    var end: Int
    var groups = AggregateGroups()
  }
  private let form: AggregateWindow.Form
  /// In the order of their times.
  private var open: [Span] = []

  init(_ form: AggregateWindow.Form) { self.form = form }

  /// The end of the window that ends first, where windows go by time.
  var firstEnd: Int? {
    if case .every = form { open.first?.end } else { nil }
  }

  /// The position among the open windows of the one for an item.
  ///
  /// - Parameters:
  ///   - time: nil where windows do not go by time.
  ///   - index: the item's place in the stream.
  private mutating func position(
    _ time: Int?, _ index: Int, _ clock: EventTime
  ) throws(Failure) -> Int {
    guard case .every(let length) = form, let time else {
      if open.isEmpty { open.append(Span(start: index + 1, end: index + 1)) }
      return 0
    }
    let rest = time % length
    let start = time - (rest < 0 ? rest + length : rest)
    if start + length <= clock.complete { throw EventTime.late(time) }
    let place = open.firstIndex { $0.start >= start } ?? open.count
    if place == open.count || open[place].start != start {
      open.insert(Span(start: start, end: start + length), at: place)
    }
    return place
  }

  /// Adds the item that `evaluator` has read.
  mutating func add(
    _ evaluator: AggregateEvaluator, _ reader: inout KeyReader?, _ values: ItemValues,
    _ batch: Batch, time: Int?, at index: Int, _ clock: EventTime, _ bound: GroupBound
  ) throws(Failure) {
    let place = try position(time, index, clock)
    do throws(Failure) {
      try open[place].groups.add(evaluator, &reader, values, batch, at: index, bound)
    } catch {
      // An item that fails opens no window: many of them would be held for long.
      if open[place].groups.isEmpty { open.remove(at: place) }
      throw error
    }
    if time == nil { open[place].end = index + 1 }
  }

  /// Gives up the windows that are full, or that end by a time.
  mutating func close(upTo time: Int) -> [Span] {
    switch form {
    case .whole: return []
    case .count(let count):
      guard let span = open.first, span.end - span.start + 1 >= count else { return [] }
      return closeAll()
    case .every:
      let past = open.firstIndex { $0.end > time } ?? open.count
      let closed = Array(open[..<past])
      if past > 0 { open.removeFirst(past) }
      return closed
    case .gap: return []
    }
  }

  mutating func closeAll() -> [Span] {
    defer { open = [] }
    return open
  }

  /// The fields that tell a window; nil for the whole stream.
  func bounds(_ span: Span) -> (start: Value, end: Value)? {
    switch form {
    case .whole, .gap: nil
    case .count: (.int(Int64(span.start)), .int(Int64(span.end)))
    case .every: (.time(span.start), .time(span.end))
    }
  }
}
