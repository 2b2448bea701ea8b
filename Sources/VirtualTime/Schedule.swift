/// Which of the jobs that can run is the next. Uniform choice seldom finds an ordering bug that needs
/// three particular choices, so the seed also picks among strategies that do (SEMANTICS 8.7).
package struct Schedule: Sendable {
  package enum Strategy: Int, Sendable, CaseIterable {
    /// Any of them.
    case random
    /// The task of the highest random priority; a few times on the way the highest becomes the lowest
    /// (PCT: Burckhardt, Kothari, Musuvathi, Nagarakatte 2010).
    case priorities
    /// One task runs only when no other can.
    case starving
    /// Mostly what became ready last.
    case newestFirst
  }

  private struct Ready {
    let job: UnownedJob
    /// In the order in which tasks were first seen, so that it is the same in every process.
    let task: Int
  }

  package let strategy: Strategy
  package private(set) var steps = 0
  package private(set) var trace: UInt64 = 0xCBF2_9CE4_8422_2325
  private var ready: [Ready] = []
  private var random: SplitMix64
  private var tasks: [String: Int] = [:]
  private var priorities: [Int] = []
  /// The steps at which the task that would run gets the lowest priority.
  private var changes: [Int] = []
  private var starved = 0

  package init(seed: UInt64, strategy: Strategy?) {
    var random = SplitMix64(seed: seed)
    let drawn = Strategy.allCases[random.next(below: Strategy.allCases.count)]
    self.strategy = strategy ?? drawn
    starved = random.next(below: 8)
    for _ in 0...random.next(below: 3) { changes.append(random.next(below: 200)) }
    self.random = random
  }

  package mutating func add(_ job: UnownedJob) {
    ready.append(Ready(job: job, task: usesTasks ? number(of: job) : 0))
  }

  /// The next job, or nil if none can run.
  package mutating func next() -> UnownedJob? {
    guard !ready.isEmpty else { return nil }
    let index = choose()
    note(UInt64(index) << 32 | UInt64(ready.count))
    steps += 1
    return ready.remove(at: index).job
  }

  package mutating func toss() -> Bool { random.next(below: 2) == 0 }

  /// Adds to the trace by the hash FNV-1a (Fowler, Noll, Vo), a word at a time.
  package mutating func note(_ event: UInt64) {
    trace = (trace ^ event) &* 0x100_0000_01B3
    trace ^= trace >> 29
  }

  private var usesTasks: Bool { strategy == .priorities || strategy == .starving }

  private mutating func choose() -> Int {
    switch strategy {
    case .random: random.next(below: ready.count)
    case .newestFirst:
      random.next(below: 8) == 0 ? random.next(below: ready.count) : ready.count - 1
    case .starving: chooseButStarved()
    case .priorities: chooseHighest()
    }
  }

  private mutating func chooseButStarved() -> Int {
    let others = ready.indices.filter { ready[$0].task != starved }
    return others.isEmpty ? 0 : others[random.next(below: others.count)]
  }

  private mutating func chooseHighest() -> Int {
    if changes.contains(steps) { priorities[ready[highest].task] = -steps - 1 }
    return highest
  }

  private var highest: Int {
    ready.indices.max { priorities[ready[$0].task] < priorities[ready[$1].task] } ?? 0
  }

  /// A job has no identity of its own, but its description tells the task's.
  private mutating func number(of job: UnownedJob) -> Int {
    let name = job.description
    if let known = tasks[name] { return known }
    tasks[name] = tasks.count
    priorities.append(random.next(below: 1_000_000))
    return tasks.count - 1
  }
}

/// The generator SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  package mutating func next(below bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
