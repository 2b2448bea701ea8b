import Flow

/// Numbered units of work, handed out in order; each is one item or, for `chunk` above 1, several.
struct Numbers: Supply, Hashable {
  var next: Int
  var end: Int
  var chunk = 1

  var isEmpty: Bool { next == end }

  mutating func next(lines: Int) -> (unit: Range<Int>, lines: Int) {
    let count = min(chunk, lines, end - next)
    defer { next += count }
    return (next..<next + count, count)
  }
}

/// What a unit gives: `unit` and its place among the unit's results; the last says that it is done.
struct Given: Hashable, Gathered {
  var unit: Int
  var index: Int
  var weight: Int
  var isLast = false
}

/// What a worker does with one unit.
enum Deed: Hashable, Sendable {
  case emit(Int)
  case retract
  case finish(Int)
  case fail(Int)
}

/// What a gather world is made of; it never changes while it moves.
final class GatherCase: Hashable, Sendable, CustomStringConvertible {
  let bounds: GatherBounds
  let workers: Int
  /// By unit, after the number of its first item.
  let deeds: [[Deed]]
  /// How many items each offer has.
  let offers: [Int]
  let chunk: Int
  let closing: Closing<Int>
  /// Whether the feeder closes with the last offer, before that has been taken.
  let closesEarly: Bool
  /// Whether others may come between learning that one has to wait and waiting.
  let hasGaps: Bool

  init(
    _ bounds: GatherBounds, workers: Int, deeds: [[Deed]], offers: [Int]? = nil, chunk: Int = 1,
    closing: Closing<Int> = .end, closesEarly: Bool = false, hasGaps: Bool = false
  ) {
    self.bounds = bounds
    self.workers = workers
    self.deeds = deeds
    self.offers = offers ?? [deeds.count]
    self.chunk = chunk
    self.closing = closing
    self.closesEarly = closesEarly
    self.hasGaps = hasGaps
  }

  static func == (a: GatherCase, b: GatherCase) -> Bool { a === b }
  func hash(into hasher: inout Hasher) {}

  var description: String {
    """
    \(bounds), \(workers) workers, \(deeds), offers \(offers), chunk \(chunk), \(closing), \
    \(closesEarly ? "closes early" : "")
    """
  }

  /// The heaviest single result.
  var block: Int {
    deeds.joined().reduce(0) { heaviest, deed in
      switch deed {
      case .emit(let weight), .finish(let weight), .fail(let weight): max(heaviest, weight)
      case .retract: heaviest
      }
    }
  }

  /// What a run that does one unit after another gives, and how it ends.
  var reference: (given: [Given], closing: Closing<Int>) {
    var all: [Given] = []
    for (unit, deeds) in deeds.enumerated() {
      all += results(unit)
      if case .fail? = deeds.last { return (all, .cut(unit)) }
    }
    return (all, closing)
  }

  /// What counts of all that a unit gives.
  func results(_ unit: Int) -> [Given] {
    var results: [Given] = []
    for (index, deed) in deeds[unit].enumerated() {
      switch deed {
      case .emit(let weight): results.append(Given(unit: unit, index: index, weight: weight))
      case .retract: results = []
      case .finish(let weight), .fail(let weight):
        results.append(Given(unit: unit, index: index, weight: weight, isLast: true))
      }
    }
    return results
  }
}
