import Expressions
package import Lines
package import PipelineModel
import Records

package enum Filter: StageKind {
  package static let manual = StageManual(
    kind: "filter", chapter: .records, stageClass: .lineWise,
    summary: "Keeps the items for which an expression is true.",
    description: [
      "An expression that has no value for an item, such as this.user where there is no such field, "
        + "fails that item; has(this.user) asks first, and this.?user.orValue(\"-\") has a value for "
        + "both."
    ],
    fields: [Field("where", .expression, required: true, "What is to be true.")],
    shorthand: "where",
    examples: [
      StageManual.Example(
        stage: "filter: size(this) > 3", input: "ann\nbert\n", output: "bert\n")
    ])

  package static func build(_ stage: StageDefinition, _ setting: Setting) throws(Diagnostic) -> Work
  {
    var expressions = ItemExpressions(setting)
    guard let condition = stage.arguments.argument("where") else {
      throw Diagnostic("'filter' needs an expression", at: stage.place)
    }
    let program = try expressions.compile(condition, asBool: true)
    let compiled = expressions
    return .transform { FilterTransform(values: compiled.values(), evaluator: program.evaluator()) }
  }
}

struct FilterTransform: Transform {
  let values: ItemValues
  var evaluator: Evaluator

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      values.load(batch, cursor.item)
      if try evaluator.holds(values, batch) { out.keep(batch, cursor.item) }
      cursor.advance()
    }
    return .done
  }
}

/// `if` as an expression.
package struct ExpressionPredicate: Predicate {
  private let values: ItemValues
  private var evaluator: Evaluator

  /// One predicate for each worker. Throws what is wrong with the expression, at its place.
  package static func make(
    _ condition: Argument, _ setting: Setting
  ) throws(Diagnostic) -> @Sendable () -> any Predicate {
    var expressions = ItemExpressions(setting)
    let program = try expressions.compile(condition, asBool: true)
    let compiled = expressions
    return { ExpressionPredicate(values: compiled.values(), evaluator: program.evaluator()) }
  }

  package mutating func holds(_ batch: Batch, _ index: Int) throws(Failure) -> Bool {
    values.load(batch, index)
    return try evaluator.holds(values, batch)
  }
}
