import Host
import PipelineModel
import PipelineRuntime
import Stages
import YAMLTree

/// What is said on stderr when a run is over: the cause, what else happened, what was put aside and
/// how far the output is complete. Every failure of a run is worded here and nowhere else.
struct RunMessages {
  private let plan: Plan
  private let outcome: RunOutcome
  private let source: StandardSource?
  private let verbosity: RunOptions.Verbosity
  private let status: Int32
  /// The file of `-o`, which does not appear unless the status is 0.
  private let missingOutput: String?

  /// - Parameters:
  ///   - ends: nil where they are a test's.
  ///   - status: what the run will exit with.
  init(
    _ plan: Plan, _ outcome: RunOutcome, _ ends: RunEnds?, status: Int32,
    _ verbosity: RunOptions.Verbosity
  ) {
    self.plan = plan
    self.outcome = outcome
    self.status = status
    self.verbosity = verbosity
    source = ends?.source
    missingOutput = ends?.output.flatMap { $0.appearsWhole ? $0.path : nil }
  }

  var text: String {
    var text = ""
    if let cause = outcome.causes.first { text += words(cause) }
    if verbosity == .quiet { return text }
    for cause in outcome.causes.dropFirst() { text += words(cause) }
    if verbosity == .verbose { text += otherFailures }
    text += unfinished
    text += dropped
    if !outcome.sink.endsAtLine { text += Self.line("the output ends inside a line") }
    if let failure = outcome.traceFailure {
      text += Self.line("the trace is not whole: \(failure.message)")
    }
    text += absorbed
    text += tooSoon
    text += extent
    return text
  }

  // MARK: Causes

  private func words(_ cause: RunOutcome.Ending) -> String {
    switch cause {
    case .failure(let failure): Self.failure(failure, place(of: failure.number))
    case .signal(let number): stopped(by: number)
    case .timeLimit:
      Self.line(
        "the run took longer than its 'timeout' of \(plan.definition.timeout?.written ?? "")")
    case .input(let failure), .output(let failure): Self.port(failure)
    }
  }

  static func port(_ failure: PortFailure) -> String {
    line(failure.message) + (failure.remedy.map { "  = \($0)\n" } ?? "")
  }

  /// `streamline: FILE:LINE:COLUMN: stage 'NAME': input line N: what happened`
  static func failure(_ failure: StageFailure, _ place: String? = nil) -> String {
    var text = ""
    if let place = failure.place { text += "\(place.file):\(place.line):\(place.column): " }
    text += "stage '\(failure.stage)': "
    if let number = failure.number {
      text += "input line \(number)\(place.map { " (\($0))" } ?? ""): "
    } else if let last = failure.lastNumber, last > 0 {
      text += "after input line \(last): "
    }
    text += failure.failure.message
    return line(text) + (failure.failure.remedy.map { "  = \($0)\n" } ?? "")
  }

  /// A failure of a side stream that may fail.
  static func warning(_ failure: StageFailure) -> String {
    "streamline: warning: " + Self.failure(failure).dropFirst("streamline: ".count)
      + "  = its side stream is 'optional', and the main stream goes on without it\n"
  }

  private func place(of number: UInt64?) -> String? {
    guard let number, let place = source?.place(of: number) else { return nil }
    return "\(place.file):\(place.line)"
  }

  private func stopped(by number: Int32) -> String {
    let read = Figure.count(Int(clamping: outcome.linesRead))
    var text = "stopped by \(SignalName.of(number)): \(read) lines read"
    if completeness.canBeTold { text += ", " + completeness.figures }
    return Self.line(text)
  }

  // MARK: What else there is to say

  private var completeness: Completeness { Completeness(plan, outcome.sink) }

  /// A failure that the ending had no time for all the lines before.
  private var unfinished: String {
    guard outcome.graceRanOut, case .failure(let failure)? = outcome.causes.first,
      let number = failure.number, completeness.canBeTold, completeness.line + 1 < number
    else { return "" }
    let complete = completeness.line
    let lines =
      complete + 2 == number
      ? "line \(complete + 1) was" : "lines \(complete + 1)–\(number - 1) were"
    return Self.line(
      "\(lines) not finished within the grace of \(plan.definition.grace.written)")
  }

  private var dropped: String {
    // Where the stream ended early by itself, the rest of the input was not wanted anyway.
    guard outcome.droppedBytes > 0, !outcome.causes.isEmpty else { return "" }
    return Self.line(
      "the last \(outcome.droppedBytes) bytes read are no whole line and were dropped")
  }

  private var otherFailures: String {
    let first = outcome.causes.compactMap { cause -> String? in
      if case .failure(let failure) = cause { Self.failure(failure) } else { nil }
    }
    return outcome.otherFailures.map { Self.failure($0) }.filter { !first.contains($0) }
      .map { "also: " + $0 }.joined()
  }

  /// One line with all that policies absorbed, by stage and reason.
  private var absorbed: String {
    let parts = plan.allStages.compactMap { stage -> String? in
      let reasons = stage.counters.snapshot.lines.absorbedWords
      return reasons.isEmpty ? nil : "stage '\(stage.name)': \(reasons.joined(separator: ", "))"
    }
    return parts.isEmpty ? "" : Self.line("failed items: " + parts.joined(separator: "; "))
  }

  /// One line with all that came faster than a rate that drops the excess.
  private var tooSoon: String {
    let parts = plan.allStages.compactMap { stage -> String? in
      let dropped = stage.counters.snapshot.lines.dropped
      return dropped == 0 ? nil : "stage '\(stage.name)': \(dropped) over its rate"
    }
    return parts.isEmpty ? "" : Self.line("dropped items: " + parts.joined(separator: "; "))
  }

  /// How far the output goes, which is in the message already where a signal was the cause.
  private var extent: String {
    if status == ExitStatus.done { return "" }
    if let file = missingOutput { return Self.line("'\(file)' was not written") }
    switch outcome.causes.first {
    case .signal? where completeness.canBeTold: return ""
    // With --strict: all of the input was done.
    case nil where !completeness.canBeTold: return ""
    default: return Self.line(completeness.words)
    }
  }

  // MARK: Children

  /// A line of a child's stderr; bytes that are not UTF-8 are shown as U+FFFD.
  static func childLine(_ stage: String, _ number: UInt64?, _ text: [UInt8]) -> String {
    let place = number.map { ":\($0)" } ?? ""
    return "[\(stage)\(place)] \(String(decoding: text, as: UTF8.self))\n"
  }

  private static func line(_ text: String) -> String { "streamline: \(text)\n" }
}

enum SignalName {
  static func of(_ number: Int32) -> String {
    switch number {
    case 1: "HUP"
    case 2: "INT"
    case 15: "TERM"
    default: "signal \(number)"
    }
  }
}
