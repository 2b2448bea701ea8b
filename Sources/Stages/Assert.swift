import Expressions
import Lines
package import PipelineModel
import Records

package enum Assert: StageKind {
  package static let manual = StageManual(
    kind: "assert", chapter: .records, stageClass: .lineWise,
    summary: "Fails each item for which an expression is not true.",
    description: [
      """
      Items for which it is true go on unchanged. The failure is of the kind assert, so that \
      'on_error' can say what becomes of the item; where the expression has no value it is of the \
      kind expression.
      """
    ],
    fields: [
      Field("that", .expression, required: true, "What is to be true."),
      Field(
        "message", .template, defaultNote: "the expression",
        "What the failure says; it may tell of the item: 'no price for {this.name}'."),
    ],
    shorthand: "that",
    examples: [
      StageManual.Example(
        stage: "assert: {that: this.total >= 0, message: 'order {this.id} is negative'}",
        input: "{\"id\":7,\"total\":3.50}\n", output: "{\"id\":7,\"total\":3.50}\n")
    ])

  package static func build(_ stage: StageDefinition, _ setting: Setting) throws(Diagnostic) -> Work
  {
    var expressions = ItemExpressions(setting)
    guard let condition = stage.arguments.argument("that") else {
      throw Diagnostic("'assert' needs an expression", at: stage.place)
    }
    let program = try expressions.compile(condition, asBool: true)
    let message = try stage.arguments.argument("message").map { (argument) throws(Diagnostic) in
      try Template(argument, setting)
    }
    let compiled = expressions
    // A text on several lines is told on one.
    let text = (condition.string ?? "").split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
    return .transform {
      AssertTransform(
        values: compiled.values(), evaluator: program.evaluator(), message: message, text: text)
    }
  }
}

struct AssertTransform: Transform {
  let values: ItemValues
  var evaluator: Evaluator
  let message: Template?
  /// The expression as written.
  let text: String

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      values.load(batch, cursor.item)
      guard try evaluator.holds(values, batch) else { throw failure(batch.item(cursor.item)) }
      out.keep(batch, cursor.item)
      cursor.advance()
    }
    return .done
  }

  private func failure(_ item: Item) -> Failure {
    guard let message else { return Failure(.assert, "it is not true that \(text)") }
    do throws(Failure) {
      return Failure(.assert, String(decoding: try message.render(item), as: UTF8.self))
    } catch {
      // That the item broke the rule is what has to be told, not that its message has no value.
      return Failure(
        .assert, "it is not true that \(text) (its message has no value: \(error.message))")
    }
  }
}
