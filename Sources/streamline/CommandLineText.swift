import ArgumentParser
import PipelineModel

/// What argument-parser does not do: options with an optional value, misspelt commands, our wording.
enum CommandLineText {
  /// `--summary` alone means `--summary=text`; argument-parser knows no optional values.
  static func normalised(_ arguments: [String]) -> [String] {
    let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
    let options = arguments[..<end].map { word in
      switch word {
      case "--summary": "--summary=text"
      case "--coverage": "--coverage=0"
      default: word
      }
    }
    return options + arguments[end...]
  }

  static func checkSubcommand(_ arguments: [String]) throws(CommandFailure) {
    guard let word = arguments.first, !word.hasPrefix("-") else { return }
    let names = Streamline.configuration.subcommands.map { $0._commandName } + ["help"]
    if names.contains(word) { return }
    if word.hasSuffix(".yaml") || word.hasSuffix(".yml") {
      throw CommandFailure(
        "there is no command '\(word)'", remedy: "to run it: streamline run \(word)")
    }
    throw CommandFailure(
      "there is no command '\(word)'",
      remedy: Spelling.hint(for: word, in: names) ?? "'streamline --help' lists them")
  }

  /// argument-parser's message in our form.
  static func wording(_ message: String, of arguments: [String]) -> String {
    var lines = message.split(separator: "\n").map(String.init)
    if lines.isEmpty { lines = ["the command line is wrong"] }
    let first = lines[0].prefix(1).lowercased() + lines[0].dropFirst()
    let rest = lines.dropFirst().map { "  = \($0)\n" }.joined()
    let names = Streamline.configuration.subcommands.map { $0._commandName }
    let command = arguments.dropFirst().first { names.contains($0) }.map { " \($0)" } ?? ""
    return "streamline: \(first)\n\(rest)  = 'streamline\(command) --help' shows what it takes\n"
  }
}
