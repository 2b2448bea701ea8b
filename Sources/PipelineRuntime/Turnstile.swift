import Flow
import Synchronization

/// Lets the items of one fan-out through in their order, each when all before it are through or have
/// ended. They wait for earlier items only, which never wait for later ones (SEMANTICS 5.1).
final class Turnstile: Sendable {
  private struct State {
    /// All below it are through.
    var next = 0
    /// Of those behind it.
    var through: Set<Int> = []
    var waiting: [Int: [Sleeper]] = [:]
  }
  private let state = Mutex(State())

  /// Waits for the turn of the item of this number, counted from 0. False when cancelled.
  func wait(_ id: Int, _ cancellation: Cancellation) async -> Bool {
    if cancellation.isCancelled { return false }
    let isTurn = await withUnsafeContinuation { continuation in
      let sleeper = Sleeper(continuation)
      let isTurn = state.withLock { state in
        if id <= state.next { return true }
        state.waiting[id, default: []].append(sleeper)
        return false
      }
      if isTurn { sleeper.wake(true) } else { cancellation.onCancel { _ in sleeper.wake(false) } }
    }
    cancellation.onCancel(nil)
    return isTurn
  }

  /// The item will not ask again, or need not be waited for when it does. Again makes no difference.
  func pass(_ id: Int) {
    let woken = state.withLock { state -> [Sleeper] in
      guard id >= state.next else { return [] }
      let first = state.next
      state.through.insert(id)
      while state.through.remove(state.next) != nil { state.next += 1 }
      return (first...state.next).flatMap { state.waiting.removeValue(forKey: $0) ?? [] }
    }
    for sleeper in woken { sleeper.wake(true) }
  }
}

/// The place of one item at a turnstile, and of the item around it where fan-outs are nested.
final class Turn: Sendable {
  private let turnstile: Turnstile
  private let id: Int
  private let outer: Turn?

  init(_ turnstile: Turnstile, _ id: Int, within outer: Turn?) {
    self.turnstile = turnstile
    self.id = id
    self.outer = outer
  }

  func wait(_ cancellation: Cancellation) async -> Bool {
    if let outer, await !outer.wait(cancellation) { return false }
    return await turnstile.wait(id, cancellation)
  }

  func pass() { turnstile.pass(id) }
}

/// The turnstiles of one fan-out: one for each stage within it whose permits go out in item order.
struct Turnstiles: Sendable {
  private let named: [(stage: String, turnstile: Turnstile)]

  init(for stage: PlannedStage) {
    named = stage.bounds.keepsOrder ? stage.turnTakers.map { ($0, Turnstile()) } : []
  }

  /// The turns of an item, by stage; without order those around it count alone.
  func turns(_ id: Int, within outer: [String: Turn]) -> [String: Turn] {
    if named.isEmpty { return outer }
    return outer.merging(
      named.map { ($0.stage, Turn($0.turnstile, id, within: outer[$0.stage])) }
    ) { $1 }
  }

  func pass(_ id: Int) {
    for (_, turnstile) in named { turnstile.pass(id) }
  }
}

extension PlannedStage {
  /// Stages within a group whose items wait for their turn.
  fileprivate var turnTakers: [String] {
    inner.flatMap { ($0.takesTurns ? [$0.name] : []) + $0.turnTakers }
  }
}
