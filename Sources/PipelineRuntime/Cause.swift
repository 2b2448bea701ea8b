import PipelineModel
package import Stages
package import YAMLTree

/// A failure with its place: which stage, where in the file, at which input line.
package struct StageFailure: Error, Sendable {
  package var stage: String
  package var place: Place?
  /// The input line of the item that failed; nil for an item made from many, and for the end.
  package var number: UInt64?
  /// The last input line that was taken, where `number` is nil.
  package var lastNumber: UInt64?
  package var failure: Failure

  package init(
    stage: String, place: Place?, number: UInt64?, lastNumber: UInt64? = nil, failure: Failure
  ) {
    self.stage = stage
    self.place = place
    self.number = number
    self.lastNumber = lastNumber
    self.failure = failure
  }
}

/// Why reading or writing the ends of the pipeline failed.
package struct PortFailure: Error, Sendable, Equatable {
  /// One sentence with the name of what could not be read or written.
  package var message: String
  package var remedy: String?

  package init(_ message: String, remedy: String? = nil) {
    self.message = message
    self.remedy = remedy
  }
}

/// What broke a stream: it travels with the cut, and the one that reaches the sink is the first in
/// the stream.
/// Behind a reference, since every unit of work has room for one.
package indirect enum Cause: Sendable {
  case failure(StageFailure)
  case input(PortFailure)
  /// Nothing failed: grace, the run's limit or a second signal ended it.
  case ended
}
