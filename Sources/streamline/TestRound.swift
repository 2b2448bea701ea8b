import Flow
import Glibc
import Host
import PipelineModel
import PipelineRuntime
import PipelineTesting
import YAMLTree

/// One run of `streamline test`: finds the cases, has them run, and tells of them.
struct TestRound {
  private let options: TestCommand
  private let clock = MonotonicClock()

  init(_ options: TestCommand) { self.options = options }

  private var paths: [String] { options.paths.isEmpty ? ["."] : options.paths }

  /// - Returns: the exit status.
  func run() throws(CommandFailure) -> Int32 {
    let suites = try suites()
    let entries = chosen(suites)
    if entries.isEmpty {
      throw CommandFailure(
        "there is no case to run in \(paths.joined(separator: ", "))",
        remedy: options.filter.isEmpty && options.tag.isEmpty
          ? "cases stand under 'tests:' of a pipeline file, or in a file NAME.test.yaml"
          : "--filter and --tag leave none over")
    }
    if options.list { return list(entries, suites) }
    try refuseWhatCanNotRun(entries, suites)
    return try run(entries, suites)
  }

  /// Files and folders whose change may change a result.
  var watchedPaths: [String] {
    paths.flatMap { FileList.yaml(below: $0).map { $0 + [] } ?? [$0] }
      + paths.filter { FileList.yaml(below: $0) != nil }
  }

  // MARK: Finding

  private func suites() throws(CommandFailure) -> [TestSuite] {
    var finder = TestFinder(TestFiles.finding, catalogue: PipelineFile.catalogue)
    finder.find(paths)
    if finder.diagnostics.contains(where: { $0.severity == .error }) {
      throw CommandFailure(text: PipelineFile.messages(finder.diagnostics))
    }
    return finder.suites
  }

  private func chosen(_ suites: [TestSuite]) -> [CaseSupervisor.Entry] {
    suites.indices.flatMap { suite in
      suites[suite].cases.indices.compactMap { index in
        let one = suites[suite].cases[index]
        let title = "\(suites[suite].file): \(one.name)"
        let isNamed = options.filter.isEmpty || options.filter.contains { title.contains($0) }
        let isTagged = options.tag.isEmpty || options.tag.contains { one.tags.contains($0) }
        return isNamed && isTagged ? CaseSupervisor.Entry(suite: suite, index: index) : nil
      }
    }
  }

  private func list(_ entries: [CaseSupervisor.Entry], _ suites: [TestSuite]) -> Int32 {
    let lines = entries.map { entry in
      let one = suites[entry.suite].cases[entry.index]
      let tags = one.tags.isEmpty ? "" : " [\(one.tags.joined(separator: ", "))]"
      return "\(one.place.file):\(one.place.line): \(one.name)\(tags)\n"
    }
    return StandardOutput.write(lines.joined())
  }

  /// Stages without mocks, parameters that are missing: all of it at once, before anything runs.
  private func refuseWhatCanNotRun(
    _ entries: [CaseSupervisor.Entry], _ suites: [TestSuite]
  ) throws(CommandFailure) {
    var diagnostics: [Diagnostic] = []
    for entry in entries {
      let suite = suites[entry.suite]
      let one = suite.cases[entry.index]
      if options.schedules > 1, one.isReal {
        diagnostics.append(
          Diagnostic(
            "case '\(one.name)' runs in real time, where no schedule can be chosen",
            at: one.place, remedy: "leave it out of --schedules by --filter or --tag"))
      }
      do throws(CaseRefusal) { _ = try CaseRun(one, of: suite, TestFiles.surroundings) } catch {
        diagnostics += error.diagnostics
      }
    }
    if !diagnostics.isEmpty { throw CommandFailure(text: PipelineFile.messages(diagnostics)) }
  }

  // MARK: Running

  private func run(
    _ entries: [CaseSupervisor.Entry], _ suites: [TestSuite]
  ) throws(CommandFailure) -> Int32 {
    let supervisor = CaseSupervisor(
      supervisorOptions, workerArguments: ["test", "--worker", "--"] + paths, clock: clock)
    let begun = clock.now
    var report = Report(
      entries: [], elapsed: .zero, timestamp: WallClock.text, host: WallClock.hostName)
    var counts = suites.map {
      CoverageCounts(points: CoveragePoint.all(of: $0.definition).count)
    }
    var edits: [FileEdit] = []
    var status = StandardOutput.write(options.format.beginning)
    do throws(PortFailure) {
      try supervisor.run(entries) { entry, result in
        let one = self.entry(suites[entry.suite], entry.index, result)
        report.entries.append(one)
        counts[entry.suite].add(result.hits)
        edits += result.edits
        let text = options.format.text(
          one, number: report.entries.count, isVerbose: options.verbose)
        if status == ExitStatus.done { status = StandardOutput.write(text) }
      }
    } catch {
      throw CommandFailure(error.message, status: ExitStatus.failed)
    }
    report.elapsed = clock.now - begun
    if status == ExitStatus.done { status = StandardOutput.write(report.text(options.format)) }
    if status != ExitStatus.done { return status }
    let coverage = coverage(suites, counts)
    if options.update { try write(edits) }
    if let path = options.lcov { try FileText.replace(path, coverage.map(\.lcov).joined()) }
    let isCovered = try show(coverage)
    return report.failures == 0 && isCovered ? ExitStatus.done : ExitStatus.failed
  }

  private var supervisorOptions: CaseSupervisor.Options {
    var result = CaseSupervisor.Options()
    result.jobs = options.jobs ?? Processors.count
    result.schedules = UInt64(options.schedules)
    result.seed = options.seed
    result.caseTimeout = Duration(written: options.caseTimeout) ?? .seconds(10)
    result.failsFast = options.failFast
    return result
  }

  private func entry(_ suite: TestSuite, _ index: Int, _ result: CaseResult) -> Report.Entry {
    let one = suite.cases[index]
    var result = result
    // The clock of the machine makes the schedule there.
    if one.isReal { result.seed = nil }
    var rerun =
      "streamline test \(ShellText.quoted(suite.file)) --filter \(ShellText.quoted(one.name))"
    if let seed = result.seed {
      rerun += " --seed \(seed)"
      if options.schedules > 1 { rerun += " --schedules 1" }
    }
    return Report.Entry(place: one.place, name: one.name, rerun: rerun, result: result)
  }

  // MARK: What follows

  private func write(_ edits: [FileEdit]) throws(CommandFailure) {
    var files: [String] = []
    for edit in edits where !files.contains(edit.file) { files.append(edit.file) }
    for file in files {
      let own = edits.filter { $0.file == file }
      let bytes = try FileText.read(file, limit: 4 << 20)
      let text = String(decoding: FileEdit.applied(own, to: bytes), as: UTF8.self)
      try FileText.replace(file, text)
      StandardError.write("streamline: \(file): \(own.count) expectations written\n")
    }
  }

  private func coverage(_ suites: [TestSuite], _ counts: [CoverageCounts]) -> [CoverageReport] {
    var reports: [CoverageReport] = []
    for (suite, counts) in zip(suites, counts) {
      let file = suite.definition.file
      if let index = reports.firstIndex(where: { $0.file == file }) {
        reports[index].counts.add(counts.hits)
        continue
      }
      guard let source = suite.definition.stages.first?.place.source else { continue }
      reports.append(
        CoverageReport(
          file: file, points: CoveragePoint.all(of: suite.definition), counts: counts,
          source: source))
    }
    return reports
  }

  /// Prints what was reached where that was asked for. False below what was asked for.
  private func show(_ reports: [CoverageReport]) throws(CommandFailure) -> Bool {
    guard let least = options.coverage else { return true }
    let reached = reports.reduce(0) { $0 + $1.reached }
    let all = reports.reduce(0) { $0 + $1.points.count }
    let percent = all == 0 ? 100 : 100 * Double(reached) / Double(all)
    var text = reports.map(\.annotated).joined(separator: "\n")
    text += "\n\(reached) of \(all) reached, \(Figure.decimal(percent, 1)) %\n"
    // stdout holds one document in the other forms.
    if options.format == .text { _ = StandardOutput.write(text) } else { StandardError.write(text) }
    if percent >= least { return true }
    StandardError.write(
      "streamline: the cases reach less than the \(Figure.decimal(least, 1)) % asked for\n")
    return false
  }
}
