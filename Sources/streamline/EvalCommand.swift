import ArgumentParser
import PipelineModel

/// `streamline eval`
struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Try an expression on each line of stdin.",
    discussion: """
      'this' is the line, or with --input json, csv or tsv the record; what the expression gives is \\
      printed, strings as they are and all else as JSON. The language: man streamline-expressions.

        echo '{"a": 1}' | streamline eval --input json 'this.a + 1'
      """)

  @ArgumentParser.Argument(help: ArgumentHelp("The expression.", valueName: "EXPR"))
  var expression: String

  @Option(help: ArgumentHelp("lines, nul, csv, tsv or json.", valueName: "FORMAT"))
  var input = Framing.Format.lines

  func validate() throws {
    if !Framing.Format.inputs.contains(input) {
      throw ValidationError("--input takes lines, nul, csv, tsv or json, not '\\(input.rawValue)'")
    }
  }

  /// The run that tries it: a pipeline of the stage `map`.
  var run: RunOptions {
    var options = RunOptions()
    options.text = """
      input: \(input.rawValue)
      stages:
        - map: |-
            \(expression.replacing("\n", with: "\n      "))
      """
    return options
  }
}

extension Framing.Format: ExpressibleByArgument {}
