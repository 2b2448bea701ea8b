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

  /// The largest result that a field may have, in bytes.
  static let maxResult = 16 << 20

  /// Whether the result becomes a field, so that it has to be known whole.
  package var takesResult: Bool { into != nil }
  package var usesLine: Bool { expressions.usesLine }

  /// The same computation on what it is given of each item.
  package func around(
    _ make: @escaping @Sendable () -> any Transform
  ) -> @Sendable () -> any Transform {
    { FieldTransform(make(), worker()) }
  }

  /// The same for an asynchronous function.
  package func around(_ performer: any Performer) -> any Performer {
    FieldPerformer(performer: performer, field: self)
  }

  package func worker() -> Worker {
    Worker(
      values: expressions.values(), from: from.map(CopiedValue.init),
      editor: into.map { RowEditor(set: [$0]) }, results: results, setting: setting)
  }

  /// One worker's half of it.
  package struct Worker {
    private let values: ItemValues
    private var from: CopiedValue?
    private let editor: RowEditor?
    private let results: ItemResults
    private let setting: Setting

    fileprivate init(
      values: ItemValues, from: CopiedValue?, editor: RowEditor?, results: ItemResults,
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
      let (given, failure) = given(batch, i..<i + 1)
      if let failure { throw failure }
      return given
    }

    /// What the stage is given of the items of `range`, from the first on: as many as a batch takes,
    /// and no more than up to the one whose failure it tells.
    mutating func given(_ batch: Batch, _ range: Range<Int>) -> (Batch, Failure?) {
      guard from != nil else { return (batch.slice(range), nil) }
      var out = BatchBuilder(viewing: batch, delimiter: setting.delimiter)
      out.inherit(from: batch)
      do throws(Failure) {
        for i in range {
          if out.isFull { break }
          try append(batch, i, to: &out)
        }
      } catch {
        return (out.take(covering: 0..<0), error)
      }
      return (out.take(covering: 0..<0), nil)
    }

    private mutating func append(
      _ batch: Batch, _ i: Int, to out: inout BatchBuilder
    ) throws(Failure) {
      values.load(batch, i)
      switch try from?.source(values, batch) {
      case .place(let place) where place.kind != .null:
        try out.appendItem(at: place.whole, of: batch, i, setting)
      case .value(let value) where value != .null:
        try out.appendItem(value, like: batch, i, setting)
      default:
        throw Failure(
          .expression, "'from' gives null, which the stage can not be given",
          remedy: "leave such items out by 'if', or say what stands in by default(…, …)")
      }
    }

    /// Puts item `i` with its result, items of `results`, into `out`.
    package func put(
      _ results: [Batch], for batch: Batch, _ i: Int, into out: inout BatchBuilder
    ) throws(Failure) {
      try put(try self.results.source(results), for: batch, i, into: &out)
    }

    /// The same for those of `range` alone.
    func put(
      _ results: Batch, _ range: Range<Int>, for batch: Batch, _ i: Int,
      into out: inout BatchBuilder
    ) throws(Failure) {
      try put(try self.results.source(results, range), for: batch, i, into: &out)
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
          try editor.apply(bytes, batch.range(i), [source], batch.tokens, into: &out)
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

/// An asynchronous function of what it is given of each item.
private struct FieldPerformer: Performer {
  let performer: any Performer
  let field: ItemField

  var startsChildren: Bool { performer.startsChildren }
  var sendsRequests: Bool { performer.sendsRequests }
  var givesRecords: Bool { performer.givesRecords }
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
  init(_ attempt: any Attempt) { self.attempt = attempt }

  var batches: [Batch] { state.withLock { $0.batches } }
  var isTooLarge: Bool { state.withLock { $0.bytes > ItemField.maxResult } }

  var cancellation: Cancellation { attempt.cancellation }
  var clock: any TimerClock { attempt.clock }
  var launcher: any Launcher { attempt.launcher }
  var client: any HTTPClient { attempt.client }
  var stage: String { attempt.stage }
  var number: Int { attempt.number }
  var ordinal: Int { attempt.ordinal }

  func emit(_ results: Batch) async -> Bool {
    attempt.progress()
    let fits = state.withLock { state in
      state.bytes += results.liveBytes
      if state.bytes <= ItemField.maxResult { state.batches.append(results.compacted()) }
      return state.bytes <= ItemField.maxResult
    }
    return fits && !attempt.cancellation.isCancelled
  }

  func progress() { attempt.progress() }
  var countsSilence: Bool { attempt.countsSilence }
  func forward(errorLine: [UInt8]) { attempt.forward(errorLine: errorLine) }
  func standStill(_ stands: Bool) { attempt.standStill(stands) }
  func sleep(for duration: Duration) async -> Bool { await attempt.sleep(for: duration) }
}
