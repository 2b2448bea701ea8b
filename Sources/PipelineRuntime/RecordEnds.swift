import Lines
import PipelineModel
import Records
import Stages
import YAMLTree

/// The ends of a pipeline that reads or writes records: a stage before all others that makes records of
/// lines, and one behind them that makes lines of records.
struct RecordEnds {
  private let setting: Setting

  init(_ setting: Setting) { self.setting = setting }

  /// The stage that reads; nil where the input is lines.
  func input(_ framing: Framing) -> (definition: StageDefinition, work: Work)? {
    guard let records = framing.records else { return nil }
    let definition = Self.definition("input", "Reads records.", records)
    let files = setting.inputFiles
    let format = DelimitedFormat(framing)
    return (
      definition,
      .transform {
        switch format {
        case let format?:
          RecordSource(DelimitedReader(format, maxRecord: framing.maxLine), files)
        case nil: RecordSource(JSONReader(maxRecord: framing.maxLine), files)
        }
      }
    )
  }

  /// The stage that writes; nil where no item can be a record.
  func output(
    _ framing: Framing, mayHaveRecords: Bool
  ) -> (definition: StageDefinition, work: Work)? {
    let place = Place(file: "", line: 1, column: 1)
    guard let records = framing.records else {
      let definition = Self.definition("output", "Writes lines.", RecordFraming(place: place))
      return mayHaveRecords
        ? (definition, .transform { RecordTarget(JSONLinesWriter()) }) : nil
    }
    let columns = records.columns?.map { FieldName($0) }
    let format = DelimitedFormat(framing)
    let gathers = framing.format == .table
    let definition = Self.definition("output", "Writes records.", records, gathers: gathers)
    return (
      definition,
      .transform {
        switch framing.format {
        case .csv, .tsv:
          RecordTarget(DelimitedWriter(format ?? .csv))
        case .logfmt: RecordTarget(LogfmtWriter(columns: columns))
        case .table: RecordTarget(TableWriter(columns: columns))
        case .lines, .nul, .json: RecordTarget(JSONLinesWriter())
        }
      }
    )
  }

  private static func definition(
    _ name: String, _ summary: String, _ records: RecordFraming, gathers: Bool = false
  ) -> StageDefinition {
    var common = CommonKeys()
    common.onError = records.onError
    let manual = StageManual(
      kind: name, chapter: .records, stageClass: gathers ? .gathering : .lineWise,
      summary: summary, examples: [], takesErrors: name == "output")
    return StageDefinition(
      manual: manual, name: name, place: records.place, common: common,
      arguments: Arguments(place: records.place))
  }
}

extension DelimitedFormat {
  /// Nil for formats without delimiters.
  fileprivate init?(_ framing: Framing) {
    switch framing.format {
    case .csv: self = .csv
    case .tsv: self = .tsv
    case .lines, .nul, .json, .table, .logfmt: return nil
    }
    guard let records = framing.records else { return }
    hasHeader = records.header
    if let delimiter = records.delimiter { self.delimiter = delimiter }
    columns = records.columns?.map { FieldName($0) }
    for (name, type) in records.types { types[FieldName(name)] = FieldType(rawValue: type) }
    ragged = RaggedPolicy(rawValue: records.ragged) ?? .fail
  }
}

/// Makes records of the lines of an input.
private struct RecordSource<Reader: RecordReader & ~Copyable>: Transform {
  /// A reader can not be copied, and a transform is.
  private final class Box {
    var reader: Reader
    init(_ reader: consuming Reader) { self.reader = reader }
  }
  private let box: Box
  private let files: InputFiles?
  private var file: String?
  /// Lines up to this number have been given to the reader.
  private var given: UInt64 = 0
  private var isEnded = false
  var isRepeatable: Bool { false }

  init(_ reader: consuming Reader, _ files: InputFiles?) {
    box = Box(reader)
    self.files = files
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    let number = batch.number(cursor.item)
    if number > given {
      try endFile(before: number, &cursor, into: &out)
      box.reader.put(batch.slice(cursor.item..<end))
      given = batch.number(end - 1)
    }
    try take(batch, &cursor, into: &out)
    cursor = Cursor(item: end)
    return .done
  }

  mutating func finish(into out: inout BatchBuilder) throws(Failure) -> Progress {
    if !isEnded {
      isEnded = true
      box.reader.endFile()
    }
    var cursor = Cursor()
    try take(nil, &cursor, into: &out)
    return .done
  }

  /// Each file of several has a header of its own.
  private mutating func endFile(
    before number: UInt64, _ cursor: inout Cursor, into out: inout BatchBuilder
  ) throws(Failure) {
    guard let files else { return }
    let name = files.name(of: number)
    if given > 0, name != file {
      box.reader.endFile()
      try take(nil, &cursor, into: &out)
    }
    file = name
  }

  /// What the reader has made. A line that is no record is the failure of that line.
  private func take(
    _ batch: Batch?, _ cursor: inout Cursor, into out: inout BatchBuilder
  ) throws(Failure) {
    do throws(RecordInputFailure) {
      while let records = try box.reader.take() {
        out.keepAll(records, 0..<records.count)
      }
    } catch {
      if let batch {
        let index = (cursor.item..<batch.count).first { batch.number($0) >= error.number }
        if let index { cursor = Cursor(item: index) }
      }
      throw Failure(error)
    }
  }
}

extension Failure {
  fileprivate init(_ failure: RecordInputFailure) {
    switch failure.reason {
    case .fault(let fault): self.init(.expression, "the record is not right \(fault)")
    case .tooLong(let limit):
      self.init(
        .stage, "a record is longer than \(ByteSize.written(limit))",
        remedy: "raise it by input: {max_line: …}")
    }
  }
}

/// Makes lines of records.
private struct RecordTarget<Writer: RecordWriter & ~Copyable>: Transform {
  private final class Box {
    var writer: Writer
    init(_ writer: consuming Writer) { self.writer = writer }
  }
  private let box: Box
  var isRepeatable: Bool { false }

  init(_ writer: consuming Writer) { box = Box(writer) }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      do throws(RecordFault) { try box.writer.write(batch, cursor.item, into: &out) } catch {
        throw Failure(.expression, "it can not be written: \(error)")
      }
      cursor.advance()
    }
    return .done
  }

  mutating func finish(into out: inout BatchBuilder) throws(Failure) -> Progress {
    box.writer.finish(into: &out) ? .full : .done
  }
}
