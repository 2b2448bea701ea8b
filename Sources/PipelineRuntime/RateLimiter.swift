import Flow
import PipelineModel
import Records
import Synchronization

/// Permits at a rate, in the order they are asked for: the generic cell rate algorithm (ITU-T I.371),
/// once for all or for each key.
final class RateLimiter: Sendable {
  private let terms: RateTerms
  private let maxKeys: Int
  private let shared = Mutex(RateAccount())
  private let byKey = Mutex(KeyedAccounts())

  init(_ rate: Rate, maxKeys: Int = .max) {
    terms = RateTerms(rate)
    self.maxKeys = maxKeys
  }

  /// Takes the next permit: when it may be used.
  func reserve(_ now: Instant) -> Instant { shared.withLock { $0.reserve(now, terms) } }

  /// Takes a permit that may be used now. False if there is none.
  func take(_ now: Instant) -> Bool { shared.withLock { $0.take(now, terms) } }

  /// The same for one key; nil where that would be one more than may be remembered.
  func reserve(_ key: Value, _ now: Instant) -> Instant? {
    byKey.withLock { accounts in
      accounts.use(key, now, terms, most: maxKeys) { $0.reserve(now, terms) }
    }
  }

  func take(_ key: Value, _ now: Instant) -> Bool? {
    byKey.withLock { accounts in
      accounts.use(key, now, terms, most: maxKeys) { $0.take(now, terms) }
    }
  }

  /// How many keys are remembered.
  var keyCount: Int { byKey.withLock { $0.count } }
}

/// A rate as the algorithm has it.
private struct RateTerms: Sendable {
  /// Between two permits, in nanoseconds.
  let interval: Int64
  /// How far permits may run ahead of the plain rate.
  let ahead: Int64

  init(_ rate: Rate) {
    interval = max(1, rate.per.nanoseconds / Int64(max(1, rate.limit)))
    let ahead = interval.multipliedReportingOverflow(by: Int64(max(1, rate.burst)) - 1)
    self.ahead = ahead.overflow ? .max : ahead.partialValue
  }
}

/// What one key, or all together, have had.
private struct RateAccount: Sendable {
  /// When the next permit would be due at the plain rate. In the past: the whole burst is there.
  private var due = Int64.min

  /// Nothing is to be remembered of it.
  func isFull(_ now: Instant) -> Bool { due <= now.nanoseconds }

  mutating func reserve(_ now: Instant, _ terms: RateTerms) -> Instant {
    let expected = max(due, now.nanoseconds)
    due = expected &+ terms.interval
    let earliest = expected.subtractingReportingOverflow(terms.ahead)
    return Instant(
      nanoseconds: max(now.nanoseconds, earliest.overflow ? .min : earliest.partialValue))
  }

  mutating func take(_ now: Instant, _ terms: RateTerms) -> Bool {
    var after = self
    guard after.reserve(now, terms) <= now else { return false }
    self = after
    return true
  }
}

/// The accounts of keys whose burst is not whole. They are swept when there are twice as many as the
/// last sweep left, so that a sweep costs what the keys since then did.
private struct KeyedAccounts: Sendable {
  private var accounts: [Value: RateAccount] = [:]
  private var sweepsAt = 1024

  var count: Int { accounts.count }

  /// Nil if the key is new and there are `most` that have to be remembered.
  mutating func use<R>(
    _ key: Value, _ now: Instant, _ terms: RateTerms, most: Int,
    _ body: (inout RateAccount) -> R
  ) -> R? {
    if accounts[key] == nil {
      if accounts.count >= min(sweepsAt, most) {
        accounts = accounts.filter { !$0.value.isFull(now) }
        sweepsAt = max(1024, accounts.count * 2)
      }
      if accounts.count >= most { return nil }
    }
    return body(&accounts[key, default: RateAccount()])
  }
}
