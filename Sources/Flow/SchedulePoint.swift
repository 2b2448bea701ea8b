/// A gap that only threads can fall into: between the lock under which somebody learned that they
/// have to wait and the lock under which they begin to. A test's scheduler, which interleaves at
/// suspensions only, makes a suspension of it; without one bound it costs a look on the way to a
/// wait, nothing else.
@usableFromInline package enum SchedulePoint {
  @TaskLocal package static var pause: (@Sendable () async -> Void)?

  /// Does `work` with `pause` at every such gap. Here and not where it is asked for: with the task
  /// local of another module the optimised program breaks down (Swift 6.3.1).
  @inline(never)
  package static func pausing<R: Sendable>(
    by pause: @escaping @Sendable () async -> Void, _ work: @Sendable () async -> R
  ) async -> R {
    await $pause.withValue(pause) { await work() }
  }

  @usableFromInline static func pass() async {
    if let pause { await pause() }
  }
}
