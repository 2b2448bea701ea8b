import ArgumentParser
import Glibc
import Host

/// Where the program begins: command line in, exit status out.
@main
enum Program {
  static func main() {
    // The process may have been started as the watcher of another one.
    Watcher.runIfAsked(CommandLine.arguments)
    let arguments = CommandLineText.normalised(Array(CommandLine.arguments.dropFirst()))
    pipelineAlone(arguments)?.start()
    do {
      let command = try parse(arguments)
      if let run = command as? RunCommand { run.start() }
      if let eval = command as? EvalCommand { eval.run.start() }
      if let test = command as? TestCommand, test.worker { test.startWorker() }
      if let command = command as? any Command { exit(try command.execute()) }
      // argument-parser's own commands, for help; they tell their text by throwing it.
      var other = command
      try other.run()
      exit(ExitStatus.done)
    } catch let failure as CommandFailure {
      StandardError.write(failure.text)
      exit(failure.status)
    } catch {
      leave(error)
    }
  }

  /// `run FILE`, as the first line of an executable pipeline says it. There is nothing to parse, and
  /// to set up argument-parser's table of options takes two thirds of the instructions of a start.
  static func pipelineAlone(_ arguments: [String]) -> RunOptions? {
    guard arguments.count == 2, arguments[0] == "run", !arguments[1].hasPrefix("-") else {
      return nil
    }
    var options = RunOptions()
    options.pipeline = arguments[1]
    return options
  }

  private static func parse(_ arguments: [String]) throws -> any ParsableCommand {
    if let run = run(arguments) { return run }
    try CommandLineText.checkSubcommand(arguments)
    return try Streamline.parseAsRoot(arguments)
  }

  /// `run` by itself: to set up the whole tree of commands takes longer than all else at the start.
  /// Nil where it cannot be read; then the tree says why, or gives the help that was asked for.
  static func run(_ arguments: [String]) -> RunCommand? {
    guard arguments.first == "run" else { return nil }
    do { return try RunCommand.parseAsRoot(Array(arguments.dropFirst())) as? RunCommand } catch {
      return nil
    }
  }

  /// Help and version are what was asked for; all else is a mistake on the command line.
  private static func leave(_ error: any Error) -> Never {
    if Streamline.exitCode(for: error) == .success {
      exit(StandardOutput.write(Streamline.fullMessage(for: error) + "\n"))
    }
    let message = Streamline.message(for: error)
    StandardError.write(CommandLineText.wording(message, of: CommandLine.arguments))
    exit(ExitStatus.usage)
  }
}

/// A subcommand that does its work at once and returns the exit status.
protocol Command: ParsableCommand {
  func execute() throws -> Int32
}

enum ExitStatus {
  static let done: Int32 = 0
  /// A stage failed, or with `--strict` an item did.
  static let failed: Int32 = 1
  /// The command line or a pipeline file is wrong.
  static let usage: Int32 = 2
  /// Reading or writing failed: EX_IOERR of sysexits.h.
  static let io: Int32 = 74
}

/// Why a command could not be carried out: what is said on stderr, and the exit status.
struct CommandFailure: Error {
  var text: String
  var status: Int32

  /// One message with what to do about it.
  init(_ message: String, remedy: String? = nil, status: Int32 = ExitStatus.usage) {
    text = "streamline: \(message)\n" + (remedy.map { "  = \($0)\n" } ?? "")
    self.status = status
  }

  init(text: String, status: Int32 = ExitStatus.usage) {
    self.text = text
    self.status = status
  }
}
