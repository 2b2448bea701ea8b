import ArgumentParser

/// The command and its subcommands.
struct Streamline: ParsableCommand {
  static let version = "0.1.0"
  /// Of the man pages.
  static let date = "November 22, 2026"

  static let configuration = CommandConfiguration(
    commandName: "streamline",
    abstract: "Runs line pipelines that are written down.",
    discussion: """
      A YAML file names the stages; streamline connects them with bounded queues, runs them at the \
      same time, keeps the lines in order, and stops everything cleanly when one fails.

        streamline run pipeline.yaml < input > output
        streamline run -e 'grep: error' -e 'head: 10' < log

      The manual: man streamline, man streamline-pipeline, man streamline-stages,
      man streamline-expressions, man streamline-test.
      """,
    version: "streamline \(version)",
    subcommands: [
      RunCommand.self, TestCommand.self, CheckCommand.self, ExplainCommand.self, StagesCommand.self,
      GraphCommand.self, EvalCommand.self, SchemaCommand.self, CompletionsCommand.self,
      ManualCommand.self,
    ])
}

/// `streamline manual stages`: the source of the man pages that are made from the catalogue.
struct ManualCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Print the source of a man page.", shouldDisplay: false)

  enum Page: String, ExpressibleByArgument, CaseIterable {
    case pipeline, stages, expressions, test
  }

  @Argument(help: "pipeline, stages, expressions or test.") var page: Page

  func execute() throws -> Int32 {
    switch page {
    case .pipeline: StandardOutput.write(PipelinePage.text)
    case .expressions: StandardOutput.write(ExpressionsPage.text)
    case .test: StandardOutput.write(TestPage.text)
    case .stages: StandardOutput.write(StagesPage.text(PipelineFile.catalogue))
    }
  }
}

/// `streamline completions bash`
struct CompletionsCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "completions", abstract: "Print a completion script for a shell.",
    discussion: """
      bash: streamline completions bash > ~/.local/share/bash-completion/completions/streamline
      zsh:  streamline completions zsh > DIR/_streamline, where DIR is in $fpath
      fish: streamline completions fish > ~/.config/fish/completions/streamline.fish
      """)

  enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

  @ArgumentParser.Argument(help: "bash, zsh or fish.") var shell: Shell

  func execute() throws -> Int32 {
    let shells: [Shell: CompletionShell] = [.bash: .bash, .zsh: .zsh, .fish: .fish]
    guard let shell = shells[shell] else { return ExitStatus.usage }
    return StandardOutput.write(Streamline.completionScript(for: shell) + "\n")
  }
}
