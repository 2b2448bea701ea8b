import Expressions
package import Lines
package import PipelineModel
import Records

/// What `on_error: {default: …}` puts in the place of an item that failed: the value of an expression,
/// or the text of a template.
package struct DefaultValue: Sendable {
  private enum Form: Sendable {
    case expression(Program, ItemExpressions)
    case template(Template)
  }
  private let form: Form

  /// A text with placeholders is a template, and so are words that are no expression, as none or DOWN;
  /// every other text is an expression. One that mentions the item but can not be compiled is a
  /// mistake. Throws what is wrong at its place.
  package init(_ argument: Argument, _ setting: Setting) throws(Diagnostic) {
    let text = argument.string ?? ""
    let template: Template?
    var mistake: Diagnostic?
    do throws(Diagnostic) {
      template = try Template(argument, setting)
    } catch {
      template = nil
      mistake = error
    }
    if let template, template.hasPlaceholders {
      form = .template(template)
      return
    }
    var expressions = ItemExpressions(setting)
    do throws(Diagnostic) {
      let program = try expressions.compile(argument)
      if let template, program.isTypeName {
        form = .template(template)
      } else {
        form = .expression(program, expressions)
      }
    } catch {
      guard let template else { throw mistake ?? error }
      if text.mentions("this") { throw error }
      form = .template(template)
    }
  }

  /// Puts the value for item `i` into `out`, with its number: a template's text and a string as a
  /// line, every other value as a record.
  ///
  /// - Throws: why there is none; `out` is as it was then.
  package func append(
    to out: inout BatchBuilder, for batch: Batch, _ i: Int, _ setting: Setting
  ) throws(Failure) {
    switch form {
    case .template(let template):
      let text = try template.render(batch.item(i))
      out.append(text)
      if text.contains(setting.delimiter) { out.noteInnerDelimiters() }
      try out.endResult(like: batch, i, setting)
    case .expression(let program, let expressions):
      let values = expressions.values()
      var evaluator = program.evaluator()
      values.load(batch, i)
      try out.appendItem(try evaluator.value(values, batch), like: batch, i, setting)
    }
  }
}

extension Program {
  /// Words as list and string name types, and nobody means those by a default.
  fileprivate var isTypeName: Bool { if case .type = constant { true } else { false } }
}
