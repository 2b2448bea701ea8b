package import PipelineModel

/// What a stage does with the bytes of the lines it gives.
package enum Copying: Sendable, Equatable {
  /// They stay where they were read; only the table of lines is made anew.
  case nothing
  /// Batches in which it changes something, or that it puts together from several.
  case changed
  /// Every result is made anew.
  case all
}

extension StageDefinition {
  /// Nil for a group, which copies what its stages do.
  package var copying: Copying? {
    switch kind {
    case "stages", "rescue", "use": nil
    case "grep", "head", "skip", "trim", "split", "tail", "delay", "throttle", "tee", "filter",
      "assert":
      .nothing
    case "parse": arguments.string("as") == "json" ? .nothing : .all
    case "dedupe": arguments.string("keep") == "last" ? .changed : .nothing
    case "sample": arguments.isGiven("size") ? .changed : .nothing
    case "cut", "replace", "reverse": .changed
    default: .all
    }
  }
}
