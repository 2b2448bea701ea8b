import Flow
import Lines
import PipelineModel
import Stages

/// A synchronous stage at work with the common keys that act on its items: `if`, `on_error`, error
/// records and bypassed items that pass by. One for each worker.
struct TransformWorker: SerialWork {
  private let stage: PlannedStage
  private var transform: any Transform
  private var predicate: (any Predicate)?
  /// Asked for each batch, where looking at `predicate` would be a copy of it.
  private let isConditional: Bool
  /// Error records are items like any other to stages that gather.
  private let passesErrors: Bool
  /// With `if`, or under one, a stage never ends the stream: it drops what it does not want.
  private let mayEnd: Bool
  /// What a failing item gives is replaced.
  private let absorbs: Bool
  private let isLineWise: Bool
  private var isSatisfied = false
  private var coveredBelow: UInt64?
  private var lastNumber: UInt64?
  private let delimiter: UInt8

  init(
    _ stage: PlannedStage, _ transform: any Transform, mayEnd: Bool, delimiter: UInt8
  ) {
    self.stage = stage
    self.transform = transform
    predicate = stage.makePredicate?()
    isConditional = stage.makePredicate != nil
    self.mayEnd = mayEnd && stage.makePredicate == nil
    self.delimiter = delimiter
    absorbs = stage.policy.absorbs
    isLineWise = stage.stageClass == .lineWise
    passesErrors = stage.stageClass != .gathering && !stage.definition.manual.takesErrors
  }

  /// The same worker, failing at the items of some input lines.
  func failing(_ failures: [(UInt64, Failure)]) -> TransformWorker {
    var worker = self
    worker.transform = FaultyTransform(transform: transform, failures: failures)
    return worker
  }

  mutating func step(_ batch: Batch, _ cursor: inout Cursor) -> Step {
    var made = Made(BatchBuilder(viewing: batch, delimiter: delimiter), cursor)
    let status = work(batch, &cursor, &made)
    let (taken, covered) = account(from: made.first, batch, cursor)
    if case .used = status { coveredBelow = nil }
    var outputs = made.outputs
    let last = made.builder.finish(covering: covered)
    if isNothing(last, taken) { return Step(outputs: outputs, status: status) }
    if outputs.isEmpty { return Step(output(last, taken), status) }
    outputs.append(output(last, taken))
    return Step(outputs: outputs, status: status)
  }

  var goesByClock: Bool { transform.goesByClock }

  func wakeUp(_ clock: any TimerClock) -> Instant? {
    transform.wakeUp.map { clock.instant(ofDate: $0) }
  }

  mutating func tick(_ clock: any TimerClock) -> Step {
    let date = clock.date
    return beside { (out) throws(Failure) in try transform.tick(date, into: &out) }
  }

  mutating func finish() -> Step {
    beside { (out) throws(Failure) in try transform.finish(into: &out) }
  }

  /// What the transform gives for no item of its input.
  private func beside(
    _ give: (inout BatchBuilder) throws(Failure) -> Progress
  ) -> Step {
    var out = BatchBuilder(delimiter: delimiter)
    do throws(Failure) {
      let progress = try give(&out)
      let batch = out.take(covering: 0..<0)
      var output = Output(batch: batch, number: nil)
      output.counts.given = batch.count
      return Step(outputs: batch.isEmpty ? [] : [output], status: progress == .full ? .more : .used)
    } catch {
      return Step(outputs: [], status: .failed(failure(error, nil)))
    }
  }

  // MARK: One batch

  /// What a step has made so far: outputs of items that failed and of those before them, and the
  /// builder of the next one.
  private struct Made: ~Copyable {
    var outputs: [Output] = []
    var builder: BatchBuilder
    /// The item that the builder's contents begin with.
    var first: Int

    init(_ builder: consuming BatchBuilder, _ cursor: Cursor) {
      self.builder = builder
      first = cursor.item
    }
  }

  private mutating func work(
    _ batch: Batch, _ cursor: inout Cursor, _ made: inout Made
  ) -> Step.Status {
    while cursor.item < batch.count {
      do {
        let (end, passes) = try run(batch, from: cursor)
        if passes {
          made.builder.keepAll(batch, cursor.item..<end)
          cursor = Cursor(item: end)
          continue
        }
        if let status = try process(batch, &cursor, upTo: end, &made) { return status }
      } catch {
        if let status = fail(error, batch, &cursor, &made) { return status }
      }
    }
    return .used
  }

  /// Nil: go on with the batch.
  private mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, _ made: inout Made
  ) throws(Failure) -> Step.Status? {
    if isSatisfied {
      cursor = Cursor(item: end)
      return nil
    }
    // A policy replaces all that a failing item gave, so each item begins at a mark of its own; or
    // what remembers nothing goes through all, and where one fails through those before it again.
    let single = absorbs
    let repeats = single && isLineWise && transform.isRepeatable
    var sure = cursor.item
    while cursor.item < end {
      let mark = made.builder.mark()
      let begun = cursor
      do {
        let stop =
          if !single {
            end
          } else if !repeats || cursor.inner > 0 {
            cursor.item + 1
          } else {
            sure > cursor.item ? sure : end
          }
        switch try transform.process(batch, &cursor, upTo: stop, into: &made.builder) {
        case .done: break
        case .full: return .more
        case .enough:
          if mayEnd { return .enough }
          isSatisfied = true
          cursor = Cursor(item: end)
          return nil
        }
      } catch {
        if single && begun.inner == 0 { made.builder.rollback(to: mark) }
        guard repeats, begun.inner == 0, cursor.item > begun.item else { throw error }
        sure = cursor.item
        cursor = begun
      }
    }
    return nil
  }

  /// The next items that go one way: up to where, and whether they pass by.
  private mutating func run(
    _ batch: Batch, from cursor: Cursor
  ) throws(Failure) -> (end: Int, passes: Bool) {
    guard isConditional || batch.hasMarks else { return (batch.count, false) }
    if cursor.inner > 0 { return (cursor.item + 1, false) }
    let passes = try passesBy(batch, cursor.item)
    // The item after the last of a run is judged again when its turn comes: a predicate is pure.
    var end = cursor.item + 1
    while end < batch.count {
      do {
        guard try passesBy(batch, end) == passes else { break }
      } catch { break }
      end += 1
    }
    return (end, passes)
  }

  private mutating func passesBy(_ batch: Batch, _ index: Int) throws(Failure) -> Bool {
    if batch.bypass(index) > 0 { return true }
    if passesErrors && batch.kind(index) == .error { return true }
    guard isConditional else { return false }
    return try predicate?.holds(batch, index) == false
  }

  // MARK: Failing items

  private mutating func fail(
    _ error: Failure, _ batch: Batch, _ cursor: inout Cursor, _ made: inout Made
  ) -> Step.Status? {
    let index = cursor.item
    let failed = failure(error, batch.number(index))
    guard absorbs && error.isAbsorbable else { return .failed(failed) }
    let (taken, covered) = account(from: made.first, batch, cursor)
    let before = made.builder.take(covering: covered)
    if !isNothing(before, taken) { made.outputs.append(self.output(before, taken)) }
    made.builder = BatchBuilder(viewing: batch, delimiter: delimiter)
    cursor.advance()
    var output: Output
    do {
      output = try stage.policy.replacement(for: failed, batch.item(index), attempts: 1, delimiter)
    } catch {
      return .failed(failure(error, batch.number(index)))
    }
    output.counts.taken = 1
    output.counts.given = output.batch.count
    made.outputs.append(output)
    made.first = cursor.item
    return nil
  }

  private func failure(_ error: Failure, _ number: UInt64?) -> StageFailure {
    stage.failure(error, at: number, last: lastNumber)
  }

  /// How many items from `first` on are used up, and the input lines for which that accounts: all up
  /// to the cursor.
  private mutating func account(
    from first: Int, _ batch: Batch, _ cursor: Cursor
  ) -> (taken: Int, covered: Range<UInt64>) {
    let upper = cursor.item < batch.count ? batch.number(cursor.item) : batch.covered.upperBound
    let lower = coveredBelow ?? batch.covered.lowerBound
    coveredBelow = max(lower, upper)
    if cursor.item > 0 { lastNumber = batch.number(cursor.item - 1) }
    return (batch.itemCount(first..<cursor.item), lower..<max(lower, upper))
  }

  private func isNothing(_ batch: Batch, _ taken: Int) -> Bool {
    taken == 0 && batch.isEmpty && batch.covered.isEmpty
  }

  private func output(_ batch: consuming Batch, _ taken: Int) -> Output {
    var counts = LineCounts()
    counts.taken = taken
    counts.given = batch.itemCount
    return Output(batch: batch, counts: counts, number: lastNumber)
  }
}
