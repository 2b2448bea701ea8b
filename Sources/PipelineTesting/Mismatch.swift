package import YAMLTree

/// One expectation that a run did not meet.
package struct Mismatch: Sendable {
  /// The key of `expect`, with the stage or path behind a dot: `output`, `calls.tier`.
  package var key: String
  /// What differs, in a sentence or with a diff below it.
  package var message: String
  /// Where the expectation stands; nil where there is none.
  package var node: Node?
  /// What would be right, for `--update`; nil where no value could be.
  package var proposal: Proposal?

  init(_ key: String, _ message: String, at node: Node? = nil, proposal: Proposal? = nil) {
    self.key = key
    self.message = message
    self.node = node
    self.proposal = proposal
  }
}

/// A value that an expectation can be given.
package enum Proposal: Sendable, Equatable {
  /// Lines, to be written in the style of what stands there: text or a list.
  case lines([String])
  /// A plain scalar: a number, a duration.
  case scalar(String)
}
