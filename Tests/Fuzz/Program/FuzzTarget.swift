import Expressions
import Glibc
import Lines
import PipelineModel
import Records
import Stages
import YAMLTree

/// What is fuzzed: takes bytes, and traps where something is wrong beyond an error that is told.
struct FuzzTarget: Sendable {
  let name: String
  let run: @Sendable ([UInt8]) -> Void

  /// The one that FUZZ names.
  static let chosen: FuzzTarget = {
    let name = getenv("FUZZ").map { String(cString: $0) } ?? ""
    if let target = all.first(where: { $0.name == name }) { return target }
    fatalError("FUZZ names none of \(all.map(\.name).joined(separator: ", "))")
  }()

  static let all: [FuzzTarget] =
    [
      FuzzTarget(name: "planted") { if $0.starts(with: Array("BUG".utf8)) { fatalError("found") } },
      FuzzTarget(name: "cel", run: evaluate),
      FuzzTarget(name: "pattern", run: match),
      FuzzTarget(name: "pipeline", run: readPipeline),
      FuzzTarget(name: "input-json") { readRecords($0, JSONReader(maxRecord: 1 << 16)) },
      FuzzTarget(name: "input-csv") { readRecords($0, DelimitedReader(.csv, maxRecord: 1 << 16)) },
      FuzzTarget(name: "input-tsv") { readRecords($0, DelimitedReader(.tsv, maxRecord: 1 << 16)) },
    ]
    + [
      ("json", "parse: json"), ("csv", "parse: csv"), ("tsv", "parse: tsv"),
      ("logfmt", "parse: logfmt"), ("kv", "parse: kv"), ("common", "parse: common"),
      ("combined", "parse: combined"), ("syslog", "parse: {as: syslog, year: 2026}"),
      ("regex", "parse: {regex: '(?<a>[a-z]*)[^a-z]+(?<b>.*?)(?<c>[0-9]*)$'}"),
      ("strptime", "map: 'timestamp.parse(this.split(\"|\")[0], this.split(\"|\")[1])'"),
      ("rfc3339", "map: timestamp(this)"), ("duration", "map: duration(this)"),
      ("url", "map: url.parse(this)"), ("base64", "map: base64.decode(this)"),
      ("sort", "sort: {natural: true}"), ("quantity", "map: int(this) + double(this)"),
    ].map { name, stage in
      guard let make = transform(stage) else { fatalError("no stage: \(stage)") }
      return FuzzTarget(name: name) { work(make, on: $0) }
    }

  // MARK: Expressions

  /// The first line is an expression, the rest JSON to evaluate it on.
  private static func evaluate(_ bytes: [UInt8]) {
    let text = bytes.prefix { $0 != 0x0A }
    let data = Array(bytes.dropFirst(text.count + 1))
    var declarations = Declarations()
    declarations.declare("this", .dyn, hasFields: true)
    var needs = Needs()
    guard let program = try? Expression.compile(Array(text), declaring: declarations, needs: &needs)
    else { return }
    let paths = needs.slots.map { slot -> [FieldName]? in
      switch slot {
      case .variable("this"): []
      case .field("this", let path): path.map { FieldName($0.bytes) }
      default: nil
      }
    }
    let slots = Slots(Array(repeating: .noRecord, count: paths.count))
    guard let batch = parsed(data) else {
      return check(program, slots, data)
    }
    let locator = RowLocator(paths: paths.compactMap { $0 })
    batch.withBytes { row in
      locator.locate(row, batch.range(0))
      locator.fill(slots, paths.indices.filter { paths[$0] != nil }, row)
    }
    batch.withBytes { row in
      var evaluator = program.evaluator(mayGoOn: { false })
      if let value = try? evaluator.evaluate(slots, in: row) { checkRoundTrip(value) }
    }
  }

  private static func check(_ program: Program, _ slots: Slots, _ data: [UInt8]) {
    Batch.of([data]).withBytes { bytes in
      var evaluator = program.evaluator(mayGoOn: { false })
      if let value = try? evaluator.evaluate(slots, in: bytes) { checkRoundTrip(value) }
    }
  }

  /// One JSON value as a record.
  private static func parsed(_ data: [UInt8]) -> Batch? {
    let lines = Batch.of([data])
    var parser = JSONParser()
    var out = BatchBuilder(delimiter: 0x0A)
    guard (try? parser.parse(lines, 0, into: &out)) != nil else { return nil }
    let batch = out.take(covering: 0..<0)
    return batch.isEmpty ? nil : batch
  }

  /// Whatever is written as JSON is JSON.
  private static func checkRoundTrip(_ value: Value) {
    var out = BatchBuilder(delimiter: 0x0A)
    out.append(json: value)
    let text = out.takeOpenLine()
    // What is nested deeper than a reader takes is no fault.
    if text.filter({ $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") }).count > 900 { return }
    precondition(parsed(text) != nil, "no JSON: \(String(decoding: text, as: UTF8.self))")
  }

  // MARK: Patterns and pipelines

  private static func match(_ bytes: [UInt8]) {
    let text = bytes.prefix { $0 != 0x0A }
    guard let pattern = try? Pattern([String(decoding: text, as: UTF8.self)]) else { return }
    let matcher = pattern.matcher()
    let subject = Array(bytes.dropFirst(text.count + 1))
    Batch.of([subject]).withLine(0) { line in _ = try? matcher.matches(line) }
  }

  private static func readPipeline(_ bytes: [UInt8]) {
    let read = PipelineReader.read(
      text: String(decoding: bytes, as: UTF8.self), file: "p.yaml", catalogue: Catalogue.manuals)
    for stage in read.definition?.stages ?? [] { _ = try? Catalogue.build(stage, Setting()) }
  }

  // MARK: Formats

  /// Lines go through a stage, past those that fail; what it makes of them is JSON.
  private static func work(
    _ make: @Sendable () -> any Transform, on bytes: [UInt8]
  ) {
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
    let batch = Batch.of(lines)
    var transform = make()
    var cursor = Cursor()
    while cursor.item < batch.count {
      var out = BatchBuilder(viewing: batch, delimiter: 0x0A)
      do { _ = try transform.process(batch, &cursor, upTo: batch.count, into: &out) } catch {
        cursor.advance()
      }
      let results = out.take(covering: 0..<0)
      for i in 0..<results.count where results.kind(i) == .record {
        precondition(parsed(results.text(i)) != nil, "no JSON")
      }
    }
    var out = BatchBuilder(delimiter: 0x0A)
    _ = try? transform.finish(into: &out)
    _ = out.take(covering: 0..<0)
  }

  private static func transform(_ stage: String) -> (@Sendable () -> any Transform)? {
    let text = "stages:\n  - \(stage)\n"
    let read = PipelineReader.read(text: text, file: "p.yaml", catalogue: Catalogue.manuals)
    guard let definition = read.definition?.stages.first,
      case .transform(let make)? = try? Catalogue.build(definition, Setting())
    else { return nil }
    return make
  }

  /// A whole input, cut where its own bytes say: every record that comes out is JSON.
  private static func readRecords<Reader: RecordReader & ~Copyable>(
    _ bytes: [UInt8], _ reader: consuming Reader
  ) {
    var splitter = RecordSplitter(reader, maxLine: 1 << 16)
    var position = 0
    do {
      while position < bytes.count {
        let step = 1 + Int(bytes[position]) % 7
        position += splitter.fill { space in
          let count = min(space.count, step, bytes.count - position)
          space.copyBytes(from: bytes[position..<position + count])
          return count
        }
        while let batch = try splitter.take() { check(batch) }
      }
      while let batch = try splitter.finish() { check(batch) }
    } catch {}
  }

  private static func check(_ batch: Batch) {
    for i in 0..<batch.count where batch.kind(i) == .record {
      precondition(parsed(batch.text(i)) != nil, "no JSON")
    }
  }
}
