import Lines
package import PipelineModel

package enum TemplateStage: StageKind {
  package static let manual = StageManual(
    kind: "template", chapter: .lines, stageClass: .lineWise,
    summary: "Writes a text with the item, or parts of it, in it.",
    description: [
      """
      {} is the item, {this.user} a field of it, {= EXPR} what an expression gives, {nr} the number \
      of the input line the item began with, {line} that input line as it was read, {params.NAME} a \
      parameter, {env.NAME} a variable of the environment. Every other brace is itself, and {{} \
      writes one.
      """,
      """
      A string is written as it is, a record or a list as JSON, a number as it was read. A value that \
      is null or missing fails the item; {= this.?user.orValue(\"-\")} has one always.
      """,
    ],
    fields: [Field("text", .template, required: true, "The text.")],
    shorthand: "text",
    examples: [
      StageManual.Example(
        stage: "template: '{nr}: <{}> {{}}'", input: "a\nb\n", output: "1: <a> {}\n2: <b> {}\n"),
      StageManual.Example(
        stage: "template: '{this.user}: {= this.ms / 1000}s'",
        input: "{\"user\":\"ann\",\"ms\":4100}\n", output: "ann: 4s\n"),
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
  private let parts: [Template.Part]
  private var values: TemplateValues
  private let setting: Setting
  private let mayDivide: Bool

  init(template: Template, setting: Setting) {
    parts = template.parts
    values = TemplateValues(template)
    self.setting = setting
    mayDivide = template.mayDivide
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      do throws(Failure) {
        values.load(batch, cursor.item)
        for part in parts { try values.append(part, batch, cursor.item, to: &out) }
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
