import Expressions
import Lines
package import PipelineModel
import Records

package enum FlatMap: StageKind {
  package static let manual = StageManual(
    kind: "flat_map", chapter: .records, stageClass: .lineWise,
    summary: "Makes an item of each element of a list.",
    description: [
      """
      The expression gives the list, and an empty one makes no item. As with map, a string is a line \
      and every other value a record. All of them keep the number of their line. What is no list \
      fails the item.
      """
    ],
    fields: [Field("list", .expression, required: true, "The list.")],
    shorthand: "list",
    examples: [
      StageManual.Example(
        stage: "flat_map: this.split(' ')", input: "a b\n\nc\n", output: "a\nb\n\nc\n"),
      StageManual.Example(
        stage: "flat_map: 'this.tags.map(t, {\"id\": this.id, \"tag\": t})'",
        input: "{\"id\":1,\"tags\":[\"x\",\"y\"]}\n",
        output: "{\"id\":1,\"tag\":\"x\"}\n{\"id\":1,\"tag\":\"y\"}\n"),
    ])

  package static func build(_ stage: StageDefinition, _ setting: Setting) throws(Diagnostic) -> Work
  {
    var expressions = ItemExpressions(setting)
    guard let list = stage.arguments.argument("list") else {
      throw Diagnostic("'flat_map' needs an expression", at: stage.place)
    }
    let program = try expressions.compile(list)
    switch program.type {
    case .list, .dyn: break
    default:
      throw Diagnostic(
        "'flat_map' needs a list, and this is of type \(program.type)", at: list.place,
        remedy: "'map' makes each item one other item", code: "expression")
    }
    let compiled = expressions
    return .transform {
      FlatMapTransform(
        values: compiled.values(), list: CopiedValue(program), setting: setting)
    }
  }
}

/// `cursor.inner` is the number of elements given.
struct FlatMapTransform: Transform {
  private enum Elements {
    case values([Value])
    /// Where they stand in the bytes of the batch.
    case places([Range<Int>])
  }

  private let values: ItemValues
  private var list: CopiedValue
  private let setting: Setting
  /// Those of the item that was begun last.
  private var elements = Elements.values([])

  init(values: ItemValues, list: CopiedValue, setting: Setting) {
    self.values = values
    self.list = list
    self.setting = setting
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      // An item that was begun in an earlier call goes on with the list found then.
      if cursor.inner == 0 { elements = try elements(batch, cursor.item) }
      switch elements {
      case .values(let values):
        while cursor.inner < values.count {
          if out.isFull { return .full }
          try out.appendItem(values[cursor.inner], like: batch, cursor.item, setting)
          cursor.inner += 1
        }
      case .places(let places):
        while cursor.inner < places.count {
          if out.isFull { return .full }
          try out.appendItem(at: places[cursor.inner], of: batch, cursor.item, setting)
          cursor.inner += 1
        }
      }
      cursor.advance()
    }
    elements = .values([])
    return .done
  }

  private mutating func elements(_ batch: Batch, _ i: Int) throws(Failure) -> Elements {
    values.load(batch, i)
    switch try list.source(values, batch) {
    case .place(let place):
      if place.kind == .list { return .places(batch.withBytes { place.elements(in: $0) }) }
      throw noList(batch.withBytes { place.value(in: $0) })
    case .value(.list(let elements)), .value(.optional(.list(let elements)?)):
      return .values(elements)
    case .value(let value): throw noList(value)
    case .row, .unchanged: return .values([])
    }
  }

  private func noList(_ value: Value) -> Failure {
    Failure(.expression, "'flat_map' needs a list, and this is of type \(value.typeName)")
  }
}
