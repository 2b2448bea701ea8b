import Expressions
import Flow
package import Lines
package import PipelineModel
import Records
import Synchronization

/// The common keys `from` and `into`: what a stage is given of an item, and the field that takes its
/// result.
package struct ItemField: Sendable {
  private let from: Program?
  private let into: FieldName?
  private let results: ItemResults
  private let expressions: ItemExpressions
  private let setting: Setting

  /// Nil without either key. Throws what is wrong with the expression, at its place.
  package init?(_ common: CommonKeys, _ setting: Setting) throws(Diagnostic) {
    if common.from == nil, common.into == nil { return nil }
    var expressions = ItemExpressions(setting)
    if let from = common.from { self.from = try expressions.compile(from) } else { from = nil }
    into = common.into.map { FieldName($0.string ?? "") }
    results = ItemResults(common.results, for: "'into'")
    self.expressions = expressions
    self.setting = setting
  }

  /// Whether the result becomes a field, so that it has to be known whole.
  package var takesResult: Bool { into != nil }
  package var usesLine: Bool { expressions.usesLine }

  /// The same computation on what it is given of each item.
  package func around(
    _ make: @escaping @Sendable () -> any Transform
  ) -> @Sendable () -> any Transform {
    { FieldTransform(transform: make(), worker: worker()) }
  }

  /// The same for an asynchronous function.
  package func around(_ performer: any Performer) -> any Performer {
    FieldPerformer(performer: performer, field: self)
  }

  package func worker() -> Worker {
    Worker(
      values: expressions.values(), from: from?.evaluator(),
      editor: into.map { RowEditor(set: [$0]) }, results: results, setting: setting)
  }

  /// One worker's half of it.
  package struct Worker {
    private let values: ItemValues
    private var from: Evaluator?
    private let editor: RowEditor?
    private let results: ItemResults
    private let setting: Setting

    fileprivate init(
      values: ItemValues, from: Evaluator?, editor: RowEditor?, results: ItemResults,
      setting: Setting
    ) {
      self.values = values
      self.from = from
      self.editor = editor
      self.results = results
      self.setting = setting
    }

    package var takesResult: Bool { editor != nil }

    /// What the stage is given of item `i`: a batch of one item.
    package mutating func given(_ batch: Batch, _ i: Int) throws(Failure) -> Batch {
      guard from != nil else { return batch.slice(i..<i + 1) }
      values.load(batch, i)
      guard let value = try from?.value(values, batch) else { return Batch() }
      if case .null = value {
        throw Failure(
          .expression, "'from' gives null, which the stage can not be given",
          remedy: "leave such items out by 'if', or say what stands in by default(…, …)")
      }
      var out = BatchBuilder(viewing: batch, delimiter: setting.delimiter)
      out.inherit(from: batch)
      try out.appendItem(value, like: batch, i, setting)
      return out.take(covering: 0..<0)
    }

    /// Puts item `i` with its result, items of `results`, into `out`.
    package func put(
      _ results: [Batch], for batch: Batch, _ i: Int, into out: inout BatchBuilder
    ) throws(Failure) {
      try put(try self.results.source(results), for: batch, i, into: &out)
    }

    /// Puts item `i` with what a policy puts in the place of its result: an error record, a default.
    /// It is no result, and so no element of a list of them.
    package func put(
      replacement: Batch, for batch: Batch, _ i: Int, into out: inout BatchBuilder
    ) throws(Failure) {
      let source = try ItemResults(.one, for: "'into'").source([replacement])
      try put(source, for: batch, i, into: &out)
    }

    private func put(
      _ source: FieldSource, for batch: Batch, _ i: Int, into out: inout BatchBuilder
    ) throws(Failure) {
      guard let editor else { return }
      if batch.kind(i) == .line {
        throw Failure(
          .expression, "'into' sets a field, and the item is a line, not a record",
          remedy: "make it a record first, as 'parse' does")
      }
      do throws(RecordFault) {
        try batch.withBytes { (bytes) throws(RecordFault) in
          try editor.apply(bytes, batch.range(i), [source], into: &out)
        }
      } catch {
        out.abandonLine()
        throw Failure(.expression, "'into' sets a field: \(error)")
      }
      out.noteInnerDelimiters()
      try out.endResult(like: batch, i, setting, kind: .record)
    }
  }
}

/// A computation on what it is given of each item.
private struct FieldTransform: Transform {
  var transform: any Transform
  var worker: ItemField.Worker

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      let given = try worker.given(batch, cursor.item)
      let results = try self.results(of: given)
      if worker.takesResult {
        try worker.put(results, for: batch, cursor.item, into: &out)
      } else {
        for result in results { out.keepAll(result, 0..<result.count) }
      }
      cursor.advance()
    }
    return .done
  }

  private mutating func results(of given: Batch) throws(Failure) -> [Batch] {
    var results: [Batch] = []
    var inner = Cursor()
    var builder = BatchBuilder(viewing: given, delimiter: 0x0A)
    while inner.item < given.count {
      let progress = try transform.process(given, &inner, upTo: given.count, into: &builder)
      results.append(builder.take(covering: 0..<0))
      if progress == .enough { break }
    }
    return results
  }
}

/// An asynchronous function of what it is given of each item.
private struct FieldPerformer: Performer {
  let performer: any Performer
  let field: ItemField

  var startsChildren: Bool { performer.startsChildren }
  var reachesOut: Bool { performer.reachesOut }

  func request(for item: Item) throws(Failure) -> [String] {
    var worker = field.worker()
    return try performer.request(for: try worker.given(item.batch, 0).item(0))
  }

  func prepare(_ launcher: any Launcher) throws(Failure) { try performer.prepare(launcher) }
  var keeper: (any Keeper)? { performer.keeper }

  func sized(_ workers: Int) -> any Performer {
    FieldPerformer(performer: performer.sized(workers), field: field)
  }

  func perform(_ item: Item, _ attempt: any Attempt) async throws(Failure) {
    var worker = field.worker()
    let given = try worker.given(item.batch, 0).item(0)
    guard worker.takesResult else { return try await performer.perform(given, attempt) }
    let results = FieldAttempt(attempt)
    try await performer.perform(given, results)
    if results.isTooLarge { throw .fieldTooLarge }
    var out = BatchBuilder(viewing: item.batch, delimiter: 0x0A)
    try worker.put(results.batches, for: item.batch, 0, into: &out)
    _ = await attempt.emit(out.take(covering: 0..<0))
  }
}

extension Failure {
  package static let fieldTooLarge = Failure(
    .tooLarge, "its result is larger than the 16MiB that a field may have")
}

/// An attempt whose results are kept for a field.
private final class FieldAttempt: Attempt {
  private let attempt: any Attempt
  private let state = Mutex((batches: [Batch](), bytes: 0))
  private static let most = 16 << 20

  init(_ attempt: any Attempt) { self.attempt = attempt }

  var batches: [Batch] { state.withLock { $0.batches } }
  var isTooLarge: Bool { state.withLock { $0.bytes > Self.most } }

  var cancellation: Cancellation { attempt.cancellation }
  var clock: any TimerClock { attempt.clock }
  var launcher: any Launcher { attempt.launcher }
  var stage: String { attempt.stage }
  var number: Int { attempt.number }
  var ordinal: Int { attempt.ordinal }

  func emit(_ results: Batch) async -> Bool {
    attempt.progress()
    let fits = state.withLock { state in
      state.bytes += results.liveBytes
      if state.bytes <= Self.most { state.batches.append(results.compacted()) }
      return state.bytes <= Self.most
    }
    return fits && !attempt.cancellation.isCancelled
  }

  func progress() { attempt.progress() }
  func forward(errorLine: [UInt8]) { attempt.forward(errorLine: errorLine) }
  func standStill(_ stands: Bool) { attempt.standStill(stands) }
  func sleep(for duration: Duration) async -> Bool { await attempt.sleep(for: duration) }
}
