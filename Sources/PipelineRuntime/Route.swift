import Flow
import Lines
import Stages

/// A batch that a `switch` has divided among its branches: which of its items went where, in order.
struct Route: Portion {
  /// Items that lie together and go one way.
  struct Run: Sendable {
    /// Nil for items that no branch takes.
    var branch: Int?
    var range: Range<Int>
    /// A branch puts its mark behind the last part of a run that was divided.
    var isLastPart = true
  }
  var batch: Batch
  var runs: [Run]

  var lines: Int { batch.lines }
  var bytes: Int { batch.bytes }
  var firstBytes: Int { batch.firstBytes }

  mutating func takePrefix(lines: Int, bytes: Int) -> Route {
    let prefix = batch.takePrefix(lines: lines, bytes: bytes)
    var taken: [Run] = []
    var left: [Run] = []
    for run in runs {
      if run.range.upperBound <= prefix.count {
        taken.append(run)
        continue
      }
      var (head, tail) = (run, run)
      head.range = min(run.range.lowerBound, prefix.count)..<prefix.count
      head.isLastPart = false
      if !head.range.isEmpty { taken.append(head) }
      let lower = max(run.range.lowerBound, prefix.count)
      tail.range = lower - prefix.count..<run.range.upperBound - prefix.count
      left.append(tail)
    }
    runs = left
    return Route(batch: prefix, runs: taken)
  }

  /// What the branch is given of it: its items, a mark of `level` behind each run. Nil if nothing.
  func part(of branch: Int, level: Int, delimiter: UInt8) -> Batch? {
    var builder = BatchBuilder(viewing: batch, delimiter: delimiter)
    for run in runs where run.branch == branch {
      builder.keepAll(batch, run.range)
      builder.putMark(number: batch.number(run.range.upperBound - 1), level: level)
    }
    return builder.isEmpty ? nil : builder.take(covering: batch.covered)
  }
}

/// Decides which branch takes an item.
struct Router {
  /// `if` of the stage.
  private var condition: (any Predicate)?
  /// By branch; nil takes everything.
  private var tests: [(any Predicate)?]
  /// Those of a test that have not been met yet.
  private var faults: [Fault]

  init(_ plan: SwitchPlan, _ stage: PlannedStage) {
    condition = stage.makePredicate?()
    tests = plan.tests.map { $0?() }
    faults = plan.faults
  }

  /// The branch of item `i`; nil where it goes by.
  mutating func branch(_ batch: Batch, _ i: Int) throws(Failure) -> Int? {
    if batch.bypass(i) > 0 || batch.kind(i) == .error { return nil }
    if try condition?.holds(batch, i) == false { return nil }
    for index in tests.indices {
      guard tests[index] != nil else { return index }
      if try tests[index]?.holds(batch, i) == true { return index }
    }
    return nil
  }

  /// The runs of a batch up to the first item that could not be judged, and why: it failed, or a
  /// test makes it late.
  mutating func runs(of batch: Batch) -> (runs: [Route.Run], stop: Fault.Action?) {
    var runs: [Route.Run] = []
    for i in 0..<batch.count {
      if let fault = faults.firstIndex(where: { $0.line == batch.number(i) }) {
        return (runs, faults.remove(at: fault).action)
      }
      let branch: Int?
      do { branch = try self.branch(batch, i) } catch { return (runs, .fail(error)) }
      if let last = runs.last, last.branch == branch {
        runs[runs.count - 1].range = last.range.lowerBound..<i + 1
      } else {
        runs.append(Route.Run(branch: branch, range: i..<i + 1))
      }
    }
    return (runs, nil)
  }
}
