/// When the thread of a mailbox has to be woken, and when it asks the kernel for news.
struct Bell: Equatable {
  /// What the thread does that has done all it knew of.
  enum Next: Equatable {
    /// Something was posted: goes on without a system call.
    case goOn
    /// Asks the kernel what there is, and waits for nothing.
    case ask
    /// Waits for the kernel, which the bell is part of.
    case sleep
  }

  /// The kernel is asked at least after so many rounds of what was posted.
  static let mostRounds = 32

  /// Something was posted that has not been taken.
  private var hasNews = false
  private var isAsleep = false
  /// How often it has gone on without asking the kernel.
  private var rounds = 0

  /// Whether the bell has to be rung for what was posted now.
  mutating func posted() -> Bool {
    hasNews = true
    defer { isAsleep = false }
    return isAsleep
  }

  mutating func taken() { hasNews = false }

  mutating func next(mayRest: Bool) -> Next {
    if hasNews, rounds < Self.mostRounds {
      rounds += 1
      return .goOn
    }
    rounds = 0
    isAsleep = mayRest && !hasNews
    return isAsleep ? .sleep : .ask
  }

  mutating func woke() { isAsleep = false }
}
