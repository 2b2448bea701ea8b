/// How one item failed in one stage. Policies absorb it unless its kind says otherwise.
package struct Failure: Error, Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case exit, timeout, http, expression, assert, pattern
    case tooLarge = "too_large"
    case spawn
    /// A cancellation that nobody asked for, as tests inject it.
    case cancelled
    /// The stage itself can not go on (side file, descriptors, `max_errors`): no policy absorbs it.
    case stage
  }
  package var kind: Kind
  /// One sentence without the place: "no answer within 2s", "exit status 3".
  package var message: String
  /// What to do about it, if there is anything.
  package var remedy: String?
  /// The exit status of a child, the status of an HTTP answer.
  package var status: Int?
  /// How long a server asked to be left alone: the next attempt waits at least so long.
  package var retryAfter: Duration?

  package init(_ kind: Kind, _ message: String, remedy: String? = nil, status: Int? = nil) {
    self.kind = kind
    self.message = message
    self.remedy = remedy
    self.status = status
  }

  package var isAbsorbable: Bool { kind != .stage && kind != .cancelled }
}
