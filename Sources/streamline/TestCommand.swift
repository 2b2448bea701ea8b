import ArgumentParser
import Glibc
import Host
import PipelineModel
import PipelineTesting

/// `streamline test`
struct TestCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Run the tests of pipelines.",
    discussion: """
      Runs the cases under 'tests' of pipeline files and those of *.test.yaml, in virtual time and \
      with mocks in the place of what reaches outside: man streamline-test.
      Exit status: 0 all passed; 1 a case failed; 2 a file is wrong, or there is no case.
      """)

  @ArgumentParser.Argument(
    help: "Pipeline files, *.test.yaml, and folders of them; the folder it is started in if none.",
    completion: .file())
  var paths: [String] = []

  @Option(
    help: ArgumentHelp("text, tap, junit, json, or github for annotations.", valueName: "FORMAT"))
  var format = Report.Format.text

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Only cases with this text in 'FILE: NAME'. Again for more.", valueName: "TEXT"))
  var filter: [String] = []

  @Option(help: ArgumentHelp("Only cases with this tag. Again for more.", valueName: "TAG"))
  var tag: [String] = []

  @Flag(help: "Print the cases and run none.")
  var list = false

  @Flag(help: "Stop at the first case that fails.")
  var failFast = false

  @Option(
    help: ArgumentHelp("How many cases run at once; as many as processors.", valueName: "N"))
  var jobs: Int?

  @Option(
    help: ArgumentHelp(
      "Run each case under so many schedules: orders in which its tasks may run.", valueName: "N"))
  var schedules = 1

  @Option(
    help: ArgumentHelp(
      "The schedule to run, or to begin with; failures name theirs.", valueName: "SEED"))
  var seed: UInt64 = 1

  @Flag(help: "Write what came out as what is expected, into the files; not where CI is set.")
  var update = false

  @Option(
    help: ArgumentHelp(
      "Show what the cases have reached; below MIN percent the status is 1.", valueName: "MIN"))
  var coverage: Double?

  @Option(
    help: ArgumentHelp(
      "Write what the cases have reached as an lcov tracefile.", valueName: "FILE"),
    completion: .file())
  var lcov: String?

  @Option(
    help: ArgumentHelp(
      "End a run of a case that takes longer, in real time.", valueName: "DURATION"))
  var caseTimeout = "10s"

  @Flag(help: "Run again whenever a file changes.")
  var watch = false

  @Flag(name: [.customShort("v"), .customLong("verbose")], help: "Name the cases that pass too.")
  var verbose = false

  @Flag(help: .hidden) var worker = false

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs takes 1 or more") }
    if schedules < 1 { throw ValidationError("--schedules takes 1 or more") }
    if Duration(written: caseTimeout).map({ $0 <= .zero }) ?? true {
      throw ValidationError(
        "--case-timeout takes a duration such as 500ms or 10s, not '\(caseTimeout)'")
    }
    if let coverage, !(0...100).contains(coverage) {
      throw ValidationError("--coverage takes a percentage, 0 to 100")
    }
    if watch, format != .text { throw ValidationError("--watch goes with --format text only") }
  }

  func execute() throws -> Int32 {
    if update, Environment.variables["CI"] != nil {
      throw CommandFailure(
        "--update does not run where CI is set: it would make every case pass",
        remedy: "run it on your own machine and look at what it changes")
    }
    if watch { watchForever() }
    return try TestRound(self).run()
  }

  /// Ctrl-C ends it.
  private func watchForever() -> Never {
    while true {
      let round = TestRound(self)
      do { _ = try round.run() } catch { StandardError.write(error.text) }
      guard let watch = FileWatch(round.watchedPaths) else {
        StandardError.write("streamline: files can not be watched: \(FileText.words(errno))\n")
        Glibc.exit(ExitStatus.failed)
      }
      watch.wait()
    }
  }
}

extension Report.Format: ExpressibleByArgument {}
