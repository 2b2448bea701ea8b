/// How a session comes to its end: what to do about it at each event. It holds no process and no
/// timer; whoever owns these does what it answers.
struct SessionEnding: Equatable {
  enum Step: Equatable {
    case running
    /// Asked with TERM; grace runs.
    case asked
    /// Killed; a second grace runs, after which nothing can be done.
    case killed
    case over
  }

  enum Action: Equatable {
    case ask
    case kill
    /// Starts the grace period, in place of one that runs.
    case armGrace
    /// Waits for one of those that are left and then counts again.
    case watch
    /// Nothing is left: reap the leader and tell.
    case end
    /// KILL did not end it: tell which process, and let go of it.
    case giveUp
  }

  private(set) var step = Step.running

  mutating func cancelled(hard: Bool) -> [Action] {
    switch (step, hard) {
    case (.running, false):
      step = .asked
      return [.ask, .armGrace]
    case (.running, true), (.asked, true):
      step = .killed
      return [.kill, .armGrace]
    case (.asked, false), (.killed, _), (.over, _):
      return []
    }
  }

  /// The leader has ended and this many others of its session live on.
  mutating func counted(left: Int) -> [Action] {
    if step == .over { return [] }
    guard left > 0 else {
      step = .over
      return [.end]
    }
    switch step {
    case .running:
      step = .asked
      return [.ask, .armGrace, .watch]
    case .asked: return [.watch]
    // What was forked while the others were killed has not had its KILL.
    case .killed: return [.kill, .watch]
    case .over: return []
    }
  }

  /// The grace that was armed in `armedIn` is over; late news of an earlier one changes nothing.
  mutating func graceOver(armedIn: Step) -> [Action] {
    guard armedIn == step else { return [] }
    switch step {
    case .asked:
      step = .killed
      return [.kill, .armGrace]
    case .killed:
      step = .over
      return [.giveUp]
    case .running, .over: return []
    }
  }
}
