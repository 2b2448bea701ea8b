/// Who has which of the processes of a pool, and what is done when there is none to be had. Members
/// are handed from one that asked to the next in the order they came; it holds no process and no task.
struct PoolMachine<Member: Sendable, Waiter: Equatable & Sendable>: Sendable {
  enum Taking: Sendable {
    case member(Member)
    /// There is a place for a new one; so many were lost in a row without a good answer.
    case start(afterLosses: Int)
    /// All are in use: `wait`.
    case wait
    /// Too many were lost in a row; the failure of the last.
    case exhausted(Failure)
    /// Nothing is begun any more.
    case over
  }

  /// Somebody who waited looks again.
  enum Handing: Sendable {
    case member(Member, to: Waiter)
    case look(Waiter)
    case nobody
  }

  let most: Int
  let mostLosses: Int
  /// The last one used first, so that no more are started than are needed at once.
  private var idle: [Member] = []
  /// Members alive: idle, in use, being started or being ended.
  private(set) var places = 0
  private var waiting: [Waiter] = []
  private var losses = 0
  private var lastLoss: Failure?
  private(set) var hasAnswered = false
  private(set) var isOver = false

  /// - Parameters:
  ///   - most: how many members there may be.
  ///   - mostLosses: how many may be replaced without a good answer between.
  init(most: Int, mostLosses: Int) {
    self.most = most
    self.mostLosses = mostLosses
  }

  mutating func take() -> Taking {
    if isOver { return .over }
    if let member = idle.popLast() { return .member(member) }
    if losses > mostLosses, let lastLoss { return .exhausted(lastLoss) }
    guard places < most else { return .wait }
    places += 1
    return .start(afterLosses: losses)
  }

  /// Of one that was told to wait.
  mutating func wait(_ waiter: Waiter) { waiting.append(waiter) }

  /// False if it has been handed something already.
  mutating func cancelWait(_ waiter: Waiter) -> Bool {
    guard let index = waiting.firstIndex(of: waiter) else { return false }
    waiting.remove(at: index)
    return true
  }

  /// It gave a good answer and is free again.
  mutating func giveBack(_ member: Member) -> Handing {
    losses = 0
    lastLoss = nil
    hasAnswered = true
    return returned(member)
  }

  /// It is free again, and nothing is known of how it answers.
  mutating func returned(_ member: Member) -> Handing {
    if isOver || waiting.isEmpty {
      idle.append(member)
      return .nobody
    }
    return .member(member, to: waiting.removeFirst())
  }

  /// It has ended, or was never up; with a failure, it counts as one without a good answer.
  mutating func lost(_ failure: Failure?) -> Handing {
    places -= 1
    if let failure {
      losses += 1
      lastLoss = failure
    }
    return wakeNext()
  }

  /// What one who looked has found is so for the next as well.
  mutating func wakeNext() -> Handing {
    waiting.isEmpty ? .nobody : .look(waiting.removeFirst())
  }

  /// Nothing is begun any more: those who wait, and the members that nobody uses.
  mutating func close() -> (waiters: [Waiter], idle: [Member]) {
    isOver = true
    defer { waiting = [] }
    return (waiting, idle)
  }

  /// The members that nobody uses, which are the caller's from now on.
  mutating func takeIdle() -> [Member] {
    defer { idle = [] }
    places -= idle.count
    return idle
  }
}
