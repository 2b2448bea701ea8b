import ArgumentParser

/// `streamline eval`
struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Try an expression on each line of stdin.",
    discussion: """
      'this' is the line, or with --input json, csv or tsv the record; what the expression gives is \
      printed, strings as they are and all else as JSON. The language: man streamline-expressions.

        echo '{"a": 1}' | streamline eval --input json 'this.a + 1'
      """)

  @ArgumentParser.Argument(help: ArgumentHelp("The expression.", valueName: "EXPR"))
  var expression: String

  /// Those of `input`; `output` has more.
  enum Format: String, ExpressibleByArgument, CaseIterable { case lines, nul, csv, tsv, json }

  @Option(help: ArgumentHelp("What the input is read as.", valueName: "FORMAT"))
  var input = Format.lines

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
