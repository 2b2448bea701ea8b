import Lines
import PipelineModel
import Stages

/// What happens to an item that fails, from the common keys.
struct Policy: Sendable {
  enum Absorption: Sendable {
    case fail, skip, pass, collect
    case replace(DefaultValue, Setting)
    case deadLetter(SidePort)
  }
  var absorption = Absorption.fail
  var retry: RetryPolicy?
  var limits = Limits()
  var maxErrors: MaxErrors?
  var emitsInput = false
  var limiter: RateLimiter?
  /// Random draws are a function of this, the item's number and the attempt.
  var seed: UInt64 = 0
  var maxLine = Framing.defaultMaxLine
  /// `from` and `into`.
  var field: ItemField?

  /// The results wait until they are awaited.
  var isStarted = false

  var absorbs: Bool { if case .fail = absorption { false } else { true } }
  /// The largest result of one item that has to wait for the end of its attempt, in bytes.
  static let maxResult = 16 << 20

  /// Results can not leave before the attempt has ended.
  var holdsResults: Bool {
    absorbs || (retry?.attempts ?? 1) > 1 || emitsInput || takesResult || isStarted
  }
  /// The result becomes a field of the item.
  var takesResult: Bool { field?.takesResult == true }
}
