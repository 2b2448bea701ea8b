import ArgumentParser
import PipelineModel

/// `streamline stages`
struct StagesCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "stages", abstract: "List the stages, or print the manual of one.")

  @ArgumentParser.Argument(
    help: "A kind of stage, such as grep.",
    completion: .list(PipelineFile.catalogue.map(\.kind)))
  var kind: String?

  func execute() throws -> Int32 {
    let catalogue = PipelineFile.catalogue
    guard let kind else { return StandardOutput.write(Self.list(catalogue)) }
    guard let manual = catalogue.first(where: { $0.kind == kind }) else {
      throw CommandFailure(
        "there is no stage '\(kind)'",
        remedy: Spelling.hint(for: kind, in: catalogue.map(\.kind))
          ?? "'streamline stages' lists them")
    }
    return StandardOutput.write("\(kind)\n\n" + ManualPage(manual).plainText)
  }

  static func list(_ catalogue: [StageManual]) -> String {
    let width = (catalogue.map(\.kind.count).max() ?? 0) + 4
    var text = ""
    for chapter in StageManual.Chapter.allCases {
      let manuals = catalogue.filter { $0.chapter == chapter }
      if manuals.isEmpty { continue }
      text += "\(chapter.rawValue)\n"
      for manual in manuals {
        let head = "  " + manual.kind.padding(to: width - 2)
        text += Self.entry(head, manual.summary, width: width)
      }
      text += "\n"
    }
    return text + "'streamline stages KIND' prints the manual of one.\n"
  }

  private static func entry(_ head: String, _ summary: String, width: Int) -> String {
    let body = ManualPage.filled(summary, margin: width)
    return head + body.dropFirst(width) + "\n"
  }
}

extension String {
  func padding(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}

extension StageManual.Chapter {
  /// The title of the section; `LINES` alone would look like a slip for FILES.
  fileprivate var title: String {
    switch self {
    case .lines: "STAGES ON LINES"
    case .records: "STAGES ON RECORDS"
    case .concurrency: "STAGES THAT RUN AND GROUP WORK"
    }
  }
}

/// streamline-stages(7): every manual of the catalogue.
enum StagesPage {
  static func text(_ catalogue: [StageManual]) -> String {
    var lines = [
      ".\\\" Made by: streamline manual stages > man/streamline-stages.7",
      ".Dd \(Streamline.date)", ".Dt STREAMLINE-STAGES 7", ".Os",
      ".Sh NAME", ".Nm streamline-stages", ".Nd the stages of streamline's pipelines",
      ".Sh DESCRIPTION",
      "A stage takes the stream of items, at first lines, and makes a new stream of it.",
      "In a pipeline file",
      ".Pq see Xr streamline-pipeline 5",
      "it is a mapping with one key that says its kind, and any of the common keys.",
      "A kind with nothing to set may stand alone, as a word.",
      ".Pp",
      "Where a text is said to be a template,",
      ".Ql {}",
      "is the item,",
      ".Ql {line}",
      "the input line it came from,",
      ".Ql {nr}",
      "its number,",
      ".Ql {params.NAME}",
      "a parameter and",
      ".Ql {env.NAME}",
      "an environment variable;",
      ".Ql {{}",
      "writes a brace, and every other brace stands for itself.",
    ]
    lines += classes
    for chapter in StageManual.Chapter.allCases {
      let manuals = catalogue.filter { $0.chapter == chapter }
      if manuals.isEmpty { continue }
      lines.append(".Sh \(chapter.title)")
      for manual in manuals {
        lines.append(".Ss \(manual.kind)")
        lines += ManualPage(manual, namesClass: true).mdoc
      }
    }
    lines += [
      ".Sh SEE ALSO", ".Xr streamline 1 ,", ".Xr streamline-pipeline 5",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  /// Which common keys a stage takes is told once for each class.
  private static var classes: [String] {
    var lines = [".Sh CLASSES OF STAGES"]
    lines += Mdoc.sentences(
      "Which of the common keys a stage takes follows from how its results come from its items. A "
        + "key that could mean nothing is an error.")
    for stageClass in StageClass.allCases {
      lines.append(".Ss \(Mdoc.text(stageClass.rawValue.startingLarge))")
      var page = ManualPage()
      page.parts = [.paragraph(stageClass.meaning.startingLarge + ".")]
      page.parts += ManualPage.commonKeys(of: stageClass)
      lines += page.mdoc
    }
    return lines
  }
}
