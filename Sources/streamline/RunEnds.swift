import Host
import Lines
import PipelineModel
import PipelineRuntime
import Records
import Stages

/// What a run reads from and writes to beside what its stages do: input, output, taps.
struct RunEnds: Sendable {
  let lines: any LineSource
  /// stdin or files; nil where the lines are those of dead letters.
  let source: StandardSource?
  let sink: StandardSink
  /// The file of `-o`.
  let output: OutputFile?
  let taps: [String: any Tap]
  /// Of `--trace`.
  let trace: Trace?

  /// Opens all of them.
  /// - Throws: what cannot be read or written; nothing is left of a file that was begun.
  init(_ options: RunOptions, _ plan: Plan) throws(CommandFailure) {
    var lines: any LineSource
    if let path = options.replay {
      lines = ReplaySource(try DeadLetterFile.sources(path))
      source = nil
    } else {
      let standard = try Self.source(
        options, plan.definition.input, keepsOrigins: plan.needsOrigins)
      source = standard
      lines = standard
    }
    if let first = options.fromLine { lines = SkippingSource(lines, from: UInt64(first)) }
    self.lines = lines
    let output = try Self.output(options)
    self.output = output
    do throws(CommandFailure) {
      sink = try Self.sink(output, plan.setting.delimiter)
      taps = try FileTap.open(options.taps, plan)
      trace = try Self.trace(options.trace)
    } catch {
      output?.abandon()
      throw error
    }
  }

  func closeTaps() async {
    for case let tap as FileTap in taps.values { try? await tap.file.close() }
  }

  private static func trace(_ path: String?) throws(CommandFailure) -> Trace? {
    guard let path else { return nil }
    do throws(Failure) { return Trace(to: try SideFiles().open(path, append: false)) } catch {
      throw CommandFailure("--trace: \(error.message)", remedy: error.remedy)
    }
  }

  private static func source(
    _ options: RunOptions, _ framing: Framing, keepsOrigins: Bool
  ) throws(CommandFailure) -> StandardSource {
    do {
      return try StandardSource(
        files: options.inputs, delimiter: framing.delimiter, maxLine: framing.maxLine,
        keepsOrigins: keepsOrigins, prepare: framing.format == .json ? lookThrough : nil)
    } catch { throw CommandFailure(error) }
  }

  /// What the stage that reads JSON would begin with; a batch that was looked through is not again.
  private static let lookThrough: StandardSource.Preparation = {
    let checker = JSONChecker()
    return { checker.lookThrough(&$0) }
  }

  private static func output(_ options: RunOptions) throws(CommandFailure) -> OutputFile? {
    do { return try options.output.map { path throws(PortFailure) in try OutputFile(path) } } catch
    {
      throw CommandFailure(error)
    }
  }

  private static func sink(
    _ output: OutputFile?, _ delimiter: UInt8
  ) throws(CommandFailure) -> StandardSink {
    do { return try StandardSink(to: output, delimiter: delimiter) } catch {
      throw CommandFailure(error)
    }
  }
}

extension CommandFailure {
  /// Reading or writing the ends of the pipeline is not possible.
  init(_ failure: PortFailure) {
    self.init(failure.message, remedy: failure.remedy, status: ExitStatus.io)
  }
}
