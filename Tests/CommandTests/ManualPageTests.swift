import Foundation
import Testing

/// The man pages agree with the program.
@Suite(.enabled(if: FrontEndCall.isThere, "the program is not beside the tests"))
struct ManualPageTests {
  private func page(_ name: String) throws -> String {
    try String(contentsOf: FrontEndCall.root.appending(path: "man/\(name)"), encoding: .utf8)
  }

  @Test func `streamline-stages is made from the catalogue`() throws {
    #expect(
      try page("streamline-stages.7") == FrontEndCall(["manual", "stages"]).output,
      "make it again: streamline manual stages > man/streamline-stages.7")
  }

  @Test func `streamline-pipeline is made from the tables of keys`() throws {
    #expect(
      try page("streamline-pipeline.5") == FrontEndCall(["manual", "pipeline"]).output,
      "make it again: streamline manual pipeline > man/streamline-pipeline.5")
  }

  @Test func `streamline-expressions is made from the table of functions`() throws {
    #expect(
      try page("streamline-expressions.7") == FrontEndCall(["manual", "expressions"]).output,
      "make it again: streamline manual expressions > man/streamline-expressions.7")
  }

  private struct Help: Decodable {
    struct Name: Decodable {
      var kind: String
      var name: String
    }
    struct Argument: Decodable {
      var kind: String
      var names: [Name]?
      var shouldDisplay: Bool
    }
    struct Command: Decodable {
      var commandName: String
      var shouldDisplay: Bool?
      var subcommands: [Command]?
      var arguments: [Argument]?
    }
    var command: Command
  }

  @Test func `streamline(1) has every command and every option`() throws {
    let page = try page("streamline.1")
    let dump = try FrontEndCall(["--experimental-dump-help"]).output
    let help = try JSONDecoder().decode(Help.self, from: Data(dump.utf8)).command
    let commands = (help.subcommands ?? []).filter {
      $0.shouldDisplay != false && $0.commandName != "help"
    }
    #expect(commands.count >= 5)
    for command in commands {
      #expect(page.contains(".Ss \(command.commandName)\n"), "\(command.commandName)")
      for argument in command.arguments ?? [] where argument.shouldDisplay {
        for name in argument.names ?? [] {
          let escaped = name.name.replacingOccurrences(of: "-", with: "\\-")
          let macro = name.kind == "short" ? "Fl \(escaped)" : "Fl Fl \(escaped)"
          #expect(page.contains(macro), "\(command.commandName) \(name.name)")
        }
      }
    }
  }
}
