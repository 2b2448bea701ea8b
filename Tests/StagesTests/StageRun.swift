import Lines
import PipelineModel
import Records
import Stages
import YAMLTree

/// Runs one stage that computes, written as YAML, over lines: in batches of `batchSize`, giving way
/// whenever it asks.
struct StageRun {
  let stage: StageDefinition
  let work: Work
  let setting: Setting

  init(
    _ yaml: String, _ setting: Setting = Setting(), file: String = "p.yaml",
    files: [String: String] = [:]
  ) throws {
    let text = "stages:\n  - " + yaml.replacing("\n", with: "\n    ") + "\n"
    let result = PipelineReader.read(text: text, file: file, catalogue: Catalogue.manuals) {
      Array(files[$0, default: ""].utf8)
    }
    if let diagnostic = result.diagnostics.first(where: { $0.severity == .error }) {
      throw diagnostic
    }
    guard let stage = result.definition?.stages.first else { throw Diagnostic("no stage") }
    self.stage = stage
    self.setting = setting
    work = try Catalogue.build(stage, setting)
  }

  struct Output: Equatable {
    var lines: [[UInt8]] = []
    /// How many items came at a time.
    var batches: [Int] = []
    var numbers: [UInt64] = []
    var failure: Failure?
    /// How many items failed, where that is no end.
    var skipped = 0
    var ended = false

    static func == (a: Output, b: Output) -> Bool {
      (a.lines, a.numbers) == (b.lines, b.numbers) && (a.failure, a.ended) == (b.failure, b.ended)
    }

    /// Each item as text: a record as JSON.
    var texts: [String] { lines.map { String(decoding: $0, as: UTF8.self) } }

    var text: String {
      lines.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined()
    }

    /// Records are compared as JSON.
    mutating func add(_ batch: Batch) {
      lines += (0..<batch.count).map { batch.text($0) }
      if !batch.isEmpty { batches.append(batch.count) }
      numbers += (0..<batch.count).map { batch.number($0) }
    }
  }

  func run(_ lines: [[UInt8]], batchSize: Int = 1000) -> Output {
    run(Batch.of(lines, delimiter: setting.delimiter), batchSize: batchSize)
  }

  /// Runs it over records, each written as JSON.
  func run(
    records: [String], batchSize: Int = 1000, skippingFailures: Bool = false
  ) -> Output {
    run(Batch.of(records.map { ($0, true) }), batchSize: batchSize, skippingFailures)
  }

  /// Runs it over lines, of which those that are JSON of a record are records.
  func run(
    mixed: [String], batchSize: Int = 1000, skippingFailures: Bool = false
  ) -> Output {
    run(
      Batch.of(mixed.map { ($0, $0.hasPrefix("{")) }), batchSize: batchSize, skippingFailures)
  }

  /// - Parameter skippingFailures: as with `on_error: skip`.
  func run(_ batch: Batch, batchSize: Int = 1000, _ skippingFailures: Bool = false) -> Output {
    guard case .transform(let make) = work else { fatalError("\(stage.kind) does not compute") }
    var transform = make()
    var output = Output()
    var rest = batch
    while !rest.isEmpty, !output.ended, output.failure == nil {
      let batch = rest.takePrefix(lines: batchSize, bytes: .max)
      step(&transform, batch, &output, skippingFailures)
    }
    if output.failure != nil { return output }
    var progress = Progress.full
    while progress == .full {
      var out = BatchBuilder(delimiter: setting.delimiter)
      do throws(Failure) { progress = try transform.finish(into: &out) } catch {
        output.failure = error
        progress = .done
      }
      output.add(out.take(covering: 0..<0))
    }
    return output
  }

  /// Runs the stage over a whole file as the source would cut it, and gives what would be written.
  func written(_ input: [UInt8]) throws -> [UInt8] {
    guard case .transform(let make) = work else { fatalError("\(stage.kind) does not compute") }
    var transform = make()
    var bytes: [UInt8] = []
    var splitter = LineSplitter(delimiter: setting.delimiter, maxLine: setting.maxLine)
    var position = 0
    var ended = false
    func step(_ batch: Batch) throws {
      var cursor = Cursor()
      while cursor.item < batch.count, !ended {
        var out = BatchBuilder(viewing: batch, delimiter: setting.delimiter)
        ended = try transform.process(batch, &cursor, upTo: batch.count, into: &out) == .enough
        out.take(covering: 0..<0).write(to: &bytes, setting.delimiter)
      }
    }
    while position < input.count, !ended {
      position += splitter.fill { space in
        let count = min(space.count, input.count - position)
        space.copyBytes(from: input[position..<position + count])
        return count
      }
      while !ended, let batch = try splitter.take() { try step(batch) }
    }
    if !ended, let last = splitter.finish() { try step(last) }
    var progress = Progress.full
    while progress == .full {
      var out = BatchBuilder(delimiter: setting.delimiter)
      progress = try transform.finish(into: &out)
      out.take(covering: 0..<0).write(to: &bytes, setting.delimiter)
    }
    return bytes
  }

  private func step(
    _ transform: inout any Transform, _ batch: Batch, _ output: inout Output,
    _ skippingFailures: Bool
  ) {
    var cursor = Cursor()
    while cursor.item < batch.count, !output.ended, output.failure == nil {
      var out = BatchBuilder(viewing: batch, delimiter: setting.delimiter)
      do throws(Failure) {
        let progress = try transform.process(batch, &cursor, upTo: batch.count, into: &out)
        output.ended = progress == .enough
      } catch {
        if skippingFailures, error.isAbsorbable {
          cursor.advance()
          output.skipped += 1
        } else {
          output.failure = error
        }
      }
      output.add(out.take(covering: 0..<0))
    }
  }

  func run(_ text: String, batchSize: Int = 1000) -> Output {
    run(text.lines, batchSize: batchSize)
  }
}

/// What a stage gives for records that are written as JSON lines.
func output(
  _ yaml: String, records: String, _ setting: Setting = Setting()
) throws -> String {
  let output = try StageRun(yaml, setting).run(try Batch.records(records))
  if let failure = output.failure { throw failure }
  return output.text
}

extension Batch {
  /// Records of JSON lines, numbered from 1.
  static func records(_ json: String) throws -> Batch {
    let lines = Batch.of(json.lines)
    var parser = JSONParser()
    var builder = BatchBuilder(delimiter: 0x0A)
    for i in 0..<lines.count { try parser.parse(lines, i, into: &builder) }
    return builder.take(covering: lines.covered)
  }
}

/// What is said of a stage that is refused, behind its column.
func refusal(_ stage: String, _ setting: Setting = Setting()) -> String {
  do {
    _ = try StageRun(stage, setting)
    return "not refused"
  } catch let diagnostic as Diagnostic {
    return "\(diagnostic.place?.column ?? 0) \(diagnostic.message)"
  } catch {
    return "\(error)"
  }
}

/// What a stage gives for a text.
func output(_ yaml: String, _ input: String, _ setting: Setting = Setting()) throws -> String {
  let output = try StageRun(yaml, setting).run(input)
  if let failure = output.failure { throw failure }
  return output.text
}

extension Batch {
  /// Items that are lines or records.
  static func of(_ items: [(text: String, isRecord: Bool)]) -> Batch {
    var builder = BatchBuilder(delimiter: 0x0A)
    for (i, item) in items.enumerated() {
      builder.append(item.text)
      builder.endLine(number: UInt64(i + 1), kind: item.isRecord ? .record : .line)
    }
    return builder.take(covering: 1..<UInt64(items.count + 1))
  }

  func write(to bytes: inout [UInt8], _ delimiter: UInt8) {
    withContiguousRuns(delimiter: delimiter) { bytes.append($0) }
  }
}

extension String {
  /// The lines of a text; a last one needs no newline.
  var lines: [[UInt8]] { Array(utf8).lines }
}

extension [UInt8] {
  var lines: [[UInt8]] {
    var lines = split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
    if lines.last == [] { lines.removeLast() }
    return lines
  }
}
