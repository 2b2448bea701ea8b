import Expressions

/// streamline-expressions(7): the language of expressions. Its functions come from the table by which
/// they are compiled.
enum ExpressionsPage {
  static var text: String {
    var lines = [
      ".\\\" Made by: streamline manual expressions > man/streamline-expressions.7",
      ".Dd \(Streamline.date)", ".Dt STREAMLINE-EXPRESSIONS 7", ".Os",
      ".Sh NAME", ".Nm streamline-expressions", ".Nd expressions in streamline's pipelines",
    ]
    lines += section(
      "DESCRIPTION",
      [
        .paragraph(
          """
          An expression computes a value from the item that a stage is given. It has no side effects \
          and always comes to an end. Expressions are read and checked when the pipeline file is read, \
          before any line.
          """),
        .literal("this.status >= 500 && this.path.startsWith(\"/checkout\")"),
      ])
    for (title, paragraphs) in ExpressionManual.sections {
      lines += section(title.uppercased(), paragraphs.map { .paragraph($0) })
    }
    for chapter in ExpressionManual.chapters {
      lines.append(".Sh \(chapter.title.uppercased())")
      for entry in chapter.entries {
        lines.append(".Ss \(Mdoc.text(entry.name))")
        lines += ManualPage(parts: [.literal(entry.signatures.joined(separator: "\n"))]).mdoc
        lines += ManualPage(parts: [.paragraph(entry.summary)]).mdoc
        let example = "\(entry.example.expression)\n  == \(entry.example.result)"
        lines += ManualPage(parts: [.literal(example)]).mdoc
      }
    }
    lines += [".Sh SEE ALSO", ".Xr streamline 1 ,", ".Xr streamline-pipeline 5 ,"]
    lines += [".Xr streamline-stages 7"]
    return lines.joined(separator: "\n") + "\n"
  }

  private static func section(_ title: String, _ parts: [ManualPage.Part]) -> [String] {
    [".Sh \(title)"] + ManualPage(parts: parts).mdoc
  }
}
