/// A gap that only threads can fall into: between the lock under which somebody learned that they
/// have to wait and the lock under which they begin to. A test's scheduler, which interleaves at
/// suspensions only, makes a suspension of it; without one bound it costs a look on the way to a
/// wait, nothing else.
@usableFromInline package enum SchedulePoint {
  @TaskLocal package static var pause: (@Sendable () async -> Void)?

  @usableFromInline static func pass() async {
    if let pause { await pause() }
  }
}
