public import Flow
public import Lines
import Stages

/// What leaves a stage together: results, what they cause beside the stream, and how many lines that
/// accounts for. All of it takes effect in order, once, when it leaves the outermost fan-out.
struct Output: Gathered {
  var batch: Batch
  var counts: LineCounts
  /// What few outputs have, behind a reference: an output is moved several times for each item.
  private var beside: Beside?
  /// The input line that a failure of the effects is reported at.
  var number: UInt64?

  private final class Beside: Sendable {
    let effects: [Effect]
    let failure: StageFailure?

    init(_ effects: [Effect], _ failure: StageFailure?) {
      self.effects = effects
      self.failure = failure
    }
  }

  init(
    batch: Batch = Batch(), counts: LineCounts = LineCounts(), effects: [Effect] = [],
    failure: StageFailure? = nil, number: UInt64? = nil
  ) {
    self.batch = batch
    self.counts = counts
    self.number = number
    if !effects.isEmpty || failure != nil { set(effects, failure) }
  }

  var effects: [Effect] {
    get { beside?.effects ?? [] }
    set { set(newValue, failure) }
  }

  var hasEffects: Bool { beside?.effects.isEmpty == false }

  /// Set by work that was begun and failed: what `await` meets.
  var failure: StageFailure? {
    get { beside?.failure }
    set { set(effects, newValue) }
  }

  /// Counts and coverage leave with the results before them. What can fail as it leaves stays apart.
  mutating func join(_ last: Output) -> Bool {
    guard beside == nil, last.beside == nil, last.batch.isEmpty, last.counts.absorbed == 0,
      batch.covered.isEmpty
    else { return false }
    batch.covered = last.batch.covered
    counts.add(last.counts)
    number = number ?? last.number
    return true
  }

  private mutating func set(_ effects: [Effect], _ failure: StageFailure?) {
    beside = effects.isEmpty && failure == nil ? nil : Beside(effects, failure)
  }

  /// What it weighs in a gather.
  var bytes: Int {
    let own = batch.isEmpty ? 0 : batch.weight
    return hasEffects ? effects.reduce(own) { $0 + $1.bytes } : own
  }
}

/// Something that an item causes beside the stream.
indirect enum Effect: Sendable {
  case write(SideWrite)
  /// A failure that a policy absorbed.
  case absorbed(StageFailure)
  /// Lines counted by a stage inside a group.
  case count(PlannedStage, LineCounts, number: UInt64?)

  var bytes: Int {
    if case .write(let write) = self { write.bytes.count } else { 0 }
  }
}

/// Whole lines for the side file of a stage.
struct SideWrite: Sendable {
  let port: SidePort
  /// Only where the stage's template makes it.
  var path: String?
  var bytes: [UInt8]
  /// Which item of the output each line is of; nil where they are the same, one for one.
  var items: [Int32]?
  /// Dead letters: the failure that is put aside.
  var failure: StageFailure?

  /// The item of the output whose line begins at `offset`.
  func item(at offset: Int, delimiter: UInt8) -> Int {
    let line = bytes.prefix(offset).reduce(0) { $1 == delimiter ? $0 + 1 : $0 }
    guard let items else { return line }
    return items.indices.contains(line) ? Int(items[line]) : items.count
  }
}

extension Batch: Portion {
  @inlinable package var lines: Int { count }
  @inlinable package var bytes: Int { weight }
  @inlinable package var firstBytes: Int { isEmpty ? 0 : length(0) + 1 + Batch.tableBytes }
}
