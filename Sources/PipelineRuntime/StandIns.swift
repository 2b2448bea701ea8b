package import PipelineModel
package import Stages

/// What takes the place of stages, or disturbs them, in a test. It acts where every kind of stage is
/// planned, so that a new kind has it without being named.
package protocol StandIns: Sendable {
  /// Whether the stage of this name, a group too, is replaced as a whole.
  func replaces(_ stage: StageDefinition) -> Bool

  /// The work that a stage is run with: its own, or another. Throws where its own must not run.
  func work(of stage: StageDefinition, _ own: Work) throws(Diagnostic) -> Work

  /// The work of a group that is replaced as a whole.
  func work(of group: StageDefinition) throws(Diagnostic) -> Work

  /// What goes wrong in the stage although its work does not.
  func faults(of stage: StageDefinition) -> [Fault]

  /// `predicate` as it is, or one that is watched.
  func watched(
    _ predicate: @escaping @Sendable () -> any Predicate, of stage: StageDefinition
  ) -> @Sendable () -> any Predicate
}

/// Something that goes wrong with the items of one input line.
package struct Fault: Sendable {
  package enum Action: Sendable {
    case fail(Failure)
    /// The work begins so much later.
    case delay(Duration)
  }
  package var line: UInt64
  package var action: Action
  /// How many attempts at the item it meets, from the first.
  package var attempts: Int

  package init(line: UInt64, _ action: Action, attempts: Int = .max) {
    self.line = line
    self.action = action
    self.attempts = attempts
  }
}
