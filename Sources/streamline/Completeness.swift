import PipelineModel
import PipelineRuntime

/// How far the output of a run that did not end well goes in its input: where to go on with
/// `--from-line`, or why that cannot be said (SEMANTICS 3.14).
struct Completeness {
  /// All results of the input lines up to this one are written.
  let line: UInt64
  /// The last output line that comes of them. What stands behind it will come again.
  private let outputLine: UInt64
  private let obstacle: PlannedStage?

  init(_ plan: Plan, _ report: SinkReport) {
    line = max(report.completeBelow, 1) - 1
    outputLine = report.linesComplete
    obstacle = plan.firstThatMixesLines
  }

  var canBeTold: Bool { obstacle == nil }

  /// `complete through input line 5120, output line 40`, or why that is not known.
  var words: String {
    if let obstacle { return "how far the output is complete is not known: \(Self.why(obstacle))" }
    return "complete through input line \(line), output line \(outputLine)"
  }

  /// The same behind other figures: `complete through line 5,120, output line 40`.
  var figures: String {
    "complete through line \(Figure.count(Int(clamping: line))), output line "
      + Figure.count(Int(clamping: outputLine))
  }

  private static func why(_ stage: PlannedStage) -> String {
    switch stage.stageClass {
    case .lineWise: "stage '\(stage.name)' gives up the order of lines"
    case .inLine: "stage '\(stage.name)' does not take each line by itself"
    case .gathering: "stage '\(stage.name)' makes results of many lines"
    }
  }
}
