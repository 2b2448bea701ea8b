import Flow
import Stages

/// What stages keep up between items ends with the outermost stage that they stand in: an item's own
/// run of a group begins and ends many times.
extension Lane {
  private var keepers: [any Keeper] {
    course.isInner ? [] : stage.withInner.compactMap { $0.keeper }
  }

  /// Where the tasks of the stage run; nil: where all do.
  var executor: (any TaskExecutor)? {
    stage.dealsWithChildren ? course.launcher.executor : nil
  }

  /// Nothing more is wanted of it.
  func stopKept(_ reason: CancelReason) {
    for keeper in keepers { keeper.stop(reason) }
  }

  /// The stage has closed: nothing that it kept is left when this returns.
  func endKept() async {
    stopKept(.stop)
    for keeper in keepers { do throws(Failure) { try await keeper.finish() } catch {} }
  }

  /// All items have left: what is wrong with the stage as a whole, or with how what it kept has ended.
  func failureAtEnd() async -> StageFailure? {
    if course.isInner { return nil }
    if let failure = stage.failureAtEnd { return failure }
    return await failureOfKept()
  }

  /// The second half of that.
  func failureOfKept() async -> StageFailure? {
    if course.isInner { return nil }
    for stage in stage.withInner {
      guard let keeper = stage.keeper else { continue }
      do throws(Failure) { try await keeper.finish() } catch {
        return stage.failure(error, at: nil)
      }
    }
    return nil
  }
}
