import Lines
package import PipelineModel

package enum TemplateStage: StageKind {
  package static let manual = StageManual(
    kind: "template", chapter: .lines, stageClass: .lineWise,
    summary: "Writes a text with the line in it.",
    description: [
      """
      {} is the line, {nr} the number of the input line it began with, {line} that input line as it \
      was read, {params.NAME} a parameter, {env.NAME} a variable of the environment. Every other \
      brace is itself, and {{} writes one.
      """
    ],
    fields: [Field("text", .template, required: true, "The text.")],
    shorthand: "text",
    examples: [
      StageManual.Example(
        stage: "template: '{nr}: <{}> {{}}'", input: "a\nb\n", output: "1: <a> {}\n2: <b> {}\n")
    ])

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    guard let text = stage.arguments.argument("text") else {
      throw Diagnostic("'template' needs a text", at: stage.place)
    }
    let template = try Template(text, setting)
    return .transform { TemplateTransform(template: template, setting: setting) }
  }
}

struct TemplateTransform: Transform {
  let template: Template
  let setting: Setting
  private let mayDivide: Bool

  init(template: Template, setting: Setting) {
    self.template = template
    self.setting = setting
    mayDivide = template.mayDivide
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      do throws(Failure) {
        try template.render(batch, cursor.item, into: &out)
      } catch {
        out.abandonLine()
        throw error
      }
      try out.endResult(like: batch, cursor.item, setting)
      if mayDivide { out.noteInnerDelimiters() }
      cursor.advance()
    }
    return .done
  }
}
