import ArgumentParser
import Glibc
import PipelineModel

/// `streamline run`
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", _superCommandName: "streamline",
    abstract: "Run a pipeline on stdin, or on files.",
    discussion: """
      Exit status: 0 done; 1 a stage failed; 2 the command line or the pipeline is wrong; 74 reading \
      or writing failed; 124 the time limit of the run passed; 128 and the signal's number.
      """)

  @ArgumentParser.Argument(
    help: "The pipeline file.", completion: .file(extensions: ["yaml", "yml"]))
  var pipeline: String?

  @Option(
    name: [.customShort("e"), .customLong("stage")], parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A stage, such as 'grep: error'; behind those of the pipeline. Again for more.",
      valueName: "STAGE"))
  var stages: [String] = []

  @Option(
    name: [.customShort("p"), .customLong("param")], parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A value for a parameter of the pipeline.", valueName: "NAME=VALUE"))
  var parameters: [String] = []

  @Option(
    name: [.customShort("i"), .customLong("input")], parsing: .upToNextOption,
    help: ArgumentHelp("Files to read instead of stdin, one after another.", valueName: "FILE"),
    completion: .file())
  var inputs: [String] = []

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp(
      "A file to write instead of stdout; it appears whole, when the run is done, or not at all.",
      valueName: "FILE"), completion: .file())
  var output: String?

  @Flag(name: .customShort("0"), help: "Lines end in NUL instead of a newline, in and out.")
  var nul = false

  @Option(
    help: ArgumentHelp(
      "End the run after this time, such as 30s, with status 124.", valueName: "DURATION"))
  var timeout: String?

  @Option(help: ArgumentHelp("Leave out the stages behind this one.", valueName: "STAGE"))
  var until: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Write what leaves a stage to a file, or to stderr. Again for more.",
      valueName: "STAGE[=FILE]"))
  var tap: [String] = []

  @Option(
    help: ArgumentHelp(
      "Run the input lines of a file of dead letters again.", valueName: "FILE"),
    completion: .file())
  var replay: String?

  @Option(
    help: ArgumentHelp(
      "Begin with this input line; the lines before it are dropped.",
      valueName: "N"))
  var fromLine: String?

  @Option(
    help: ArgumentHelp(
      "Put the items that fail aside into this file, for stages without on_error.",
      valueName: "FILE"),
    completion: .file())
  var deadLetter: String?

  @Option(
    help: ArgumentHelp(
      "How many failures each stage with on_error may absorb, a number or such as 1%; for stages "
        + "without max_errors.", valueName: "N"))
  var maxErrors: String?

  @Option(
    help: ArgumentHelp(
      "What random draws, of retry's jitter and of sample, begin from; without it 0.",
      valueName: "N"))
  var seed: String?

  @Flag(help: "End with status 1 if any failure was absorbed by on_error.")
  var strict = false

  @Option(
    help: ArgumentHelp("Draw progress on stderr: auto, always or never.", valueName: "WHEN"),
    completion: .list(RunOptions.Progress.allCases.map(\.rawValue)))
  var progress: String?

  @Option(
    help: ArgumentHelp(
      "Print counts of every stage at the end, on stderr: text, or --summary=json.",
      valueName: "FORMAT"), completion: .list(RunOptions.Summary.allCases.map(\.rawValue)))
  var summary: String?

  @Option(
    help: ArgumentHelp(
      "Write the run as Chrome trace events, which Perfetto shows: a span for each stage, worker and "
        + "item.", valueName: "FILE"), completion: .file())
  var trace: String?

  @Flag(name: [.customShort("q"), .customLong("quiet")], help: "Say only why the run failed.")
  var quiet = false

  @Flag(name: [.customShort("v"), .customLong("verbose")], help: "Say more about what happens.")
  var verbose = false

  func validate() throws {
    if pipeline == nil, stages.isEmpty {
      throw ValidationError(
        inputs.isEmpty
          ? "run needs a pipeline file, or stages by -e"
          : "run needs a pipeline file, or stages by -e\nthe pipeline stands before -i: "
            + "streamline run PIPELINE -i FILE…")
    }
    if replay != nil, !inputs.isEmpty {
      throw ValidationError("--replay reads its own input and can not go with -i")
    }
    if quiet, verbose { throw ValidationError("-q and -v can not go together") }
    _ = try options()
  }

  /// What was asked for, apart from how it was typed.
  func options() throws -> RunOptions {
    var options = RunOptions()
    options.pipeline = pipeline
    options.stages = stages
    options.parameters = try parameters.map { text in
      guard let (name, value) = Self.pair(text) else {
        throw ValidationError("-p takes NAME=VALUE, not '\(text)'")
      }
      return (name, value)
    }
    options.inputs = inputs
    options.output = output
    options.nul = nul
    if let timeout {
      guard let limit = Duration(written: timeout), limit > .zero else {
        throw ValidationError(
          "--timeout takes a duration such as 500ms, 2s or 1m30s, not '\(timeout)'")
      }
      options.timeout = limit
    }
    options.until = until
    options.taps = tap.map { text in
      Self.pair(text).map { RunOptions.Tap(stage: $0.name, file: $0.value) }
        ?? RunOptions.Tap(stage: text, file: nil)
    }
    options.replay = replay
    options.fromLine = try value(fromLine, of: "--from-line", "a line number, 1 or more") { text in
      Int(text).flatMap { $0 >= 1 ? $0 : nil }
    }
    options.deadLetter = deadLetter
    if let maxErrors {
      guard let most = MaxErrors(written: maxErrors) else {
        throw ValidationError(
          "--max-errors takes a whole number, or a percentage above 0 such as 1%, not "
            + "'\(maxErrors)'")
      }
      options.maxErrors = most
    }
    options.seed = try value(seed, of: "--seed", "a whole number, 0 or more") { UInt64($0) } ?? 0
    options.trace = trace
    options.strict = strict
    options.progress =
      try value(progress, of: "--progress", "auto, always or never") { .init(rawValue: $0) }
      ?? .auto
    options.summary = try value(summary, of: "--summary", "text or json") { .init(rawValue: $0) }
    options.verbosity = quiet ? .quiet : verbose ? .verbose : .normal
    return options
  }

  /// What an option says, nil where it is not there. Options with a choice are read here: for each
  /// further type of a property argument-parser has the runtime look up conformances at every start.
  private func value<Value>(
    _ text: String?, of option: String, _ choice: String, _ read: (String) -> Value?
  ) throws -> Value? {
    guard let text else { return nil }
    guard let value = read(text) else {
      throw ValidationError("\(option) takes \(choice), not '\(text)'")
    }
    return value
  }

  private static func pair(_ text: String) -> (name: String, value: String)? {
    guard let equals = text.firstIndex(of: "="), equals > text.startIndex else { return nil }
    return (String(text[..<equals]), String(text[text.index(after: equals)...]))
  }
}

/// What `run` was asked to do.
struct RunOptions {
  enum Progress: String, CaseIterable { case auto, always, never }
  enum Summary: String, CaseIterable { case text, json }
  enum Verbosity { case quiet, normal, verbose }
  struct Tap {
    var stage: String
    /// Nil is stderr.
    var file: String?
  }

  var pipeline: String?
  /// The text of the pipeline itself, instead of a file.
  var text: String?
  var stages: [String] = []
  var parameters: [(name: String, value: String)] = []
  var inputs: [String] = []
  var output: String?
  /// Both ends have NUL framing, whatever the pipeline says.
  var nul = false
  var timeout: Duration?
  var until: String?
  var taps: [Tap] = []
  var replay: String?
  var fromLine: Int?
  /// Where failed items of stages without `on_error` go.
  var deadLetter: String?
  var maxErrors: MaxErrors?
  var seed: UInt64 = 0
  var trace: String?
  var strict = false
  var progress = Progress.auto
  var summary: Summary?
  var verbosity = Verbosity.normal
}
