import Expressions
import Lines
package import PipelineModel
import Records

package enum Map: StageKind {
  package static let manual = StageManual(
    kind: "map", chapter: .records, stageClass: .lineWise,
    summary: "Makes each item what an expression gives.",
    description: [
      "A mapping of names to expressions gives a record of these fields. A string is a line again; "
        + "every other value is a record, and is written as JSON."
    ],
    fields: [
      Field(
        "to", .oneOf([.expression, .mapping(of: .expression)]), required: true,
        "An expression, or the fields of a record.")
    ],
    shorthand: "to",
    examples: [
      StageManual.Example(
        stage: "map: this.upperAscii() + '!'", input: "ann\n", output: "ANN!\n"),
      StageManual.Example(
        stage: "map: {name: this, length: size(this)}", input: "ann\n",
        output: "{\"name\":\"ann\",\"length\":3}\n"),
    ])

  package static func build(_ stage: StageDefinition, _ setting: Setting) throws(Diagnostic) -> Work
  {
    var expressions = ItemExpressions(setting)
    guard let target = stage.arguments.argument("to") else {
      throw Diagnostic("'map' needs an expression", at: stage.place)
    }
    if let fields = target.mapping {
      var programs: [(name: FieldName, program: Program)] = []
      for field in fields {
        programs.append((FieldName(field.name), try expressions.compile(field.argument)))
      }
      let (compiled, all) = (expressions, programs)
      return .transform { RecordTransform(compiled.values(), all, setting) }
    }
    let program = try expressions.compile(target)
    let compiled = expressions
    return .transform {
      MapTransform(values: compiled.values(), result: CopiedValue(program), setting: setting)
    }
  }
}

struct MapTransform: Transform {
  let values: ItemValues
  var result: CopiedValue
  let setting: Setting

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      values.load(batch, cursor.item)
      switch try result.source(values, batch) {
      case .place(let place):
        try out.appendItem(at: place.whole, of: batch, cursor.item, setting)
      case .value(let value): try out.appendItem(value, like: batch, cursor.item, setting)
      case .row, .unchanged: break
      }
      cursor.advance()
    }
    return .done
  }
}

/// `map` with the fields of a record.
struct RecordTransform: Transform {
  private let values: ItemValues
  private var fields: [(name: FieldName, value: CopiedValue)]
  private let setting: Setting

  init(_ values: ItemValues, _ fields: [(name: FieldName, program: Program)], _ setting: Setting) {
    self.values = values
    self.fields = fields.map { ($0.name, CopiedValue($0.program)) }
    self.setting = setting
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      values.load(batch, cursor.item)
      out.beginRow()
      for index in fields.indices {
        do throws(Failure) {
          try append(index, batch, &out)
        } catch {
          out.abandonLine()
          throw error
        }
      }
      out.endRow()
      try out.endResult(like: batch, cursor.item, setting, kind: .record)
      cursor.advance()
    }
    return .done
  }

  private mutating func append(
    _ index: Int, _ batch: Batch, _ out: inout BatchBuilder
  ) throws(Failure) {
    let name = fields[index].name
    switch try fields[index].value.source(values, batch) {
    case .value(let value): out.field(name, value)
    case .place(let place):
      batch.withBytes { out.field(name, row: $0.extracting(place.whole)) }
    case .row, .unchanged: out.nullField(name)
    }
  }
}
