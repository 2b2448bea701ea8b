import Foundation
import Stages
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

  @Test func `streamline-test is made from the tables of cases`() throws {
    #expect(
      try page("streamline-test.1") == FrontEndCall(["manual", "test"]).output,
      "make it again: streamline manual test > man/streamline-test.1")
  }

  @Test func `streamline-pipeline names every failure that a policy absorbs`() throws {
    let page = try page("streamline-pipeline.5").replacing("\n", with: " ")
    for kind in Failure.Kind.allCases where ![.cancelled, .stage].contains(kind) {
      #expect(page.contains("(\(kind.rawValue))"), "\(kind.rawValue)")
    }
  }

  /// The literal blocks of a page, as they are shown.
  private func blocks(_ page: String) -> [String] {
    page.components(separatedBy: "\n.Bd -literal -offset indent\n").dropFirst().map { text in
      text.components(separatedBy: "\n.Ed")[0].replacing("\\-", with: "-")
        .replacing("\\(aq", with: "'").replacing("\\(ha", with: "^").replacing("...", with: "…")
        .replacing("\\&", with: "").replacing("\\e", with: "\\") + "\n"
    }
  }

  @Test func `the pipeline of streamline-test passes its tests`() throws {
    let text = try #require(try blocks(page("streamline-test.1")).first)
    let call = try FrontEndCall(["test", "p.yaml"], files: ["p.yaml": text])
    #expect(call.output.hasPrefix("2 cases, all passed, in "), "\(call.output)\(call.messages)")
  }

  @Test func `the cases that streamline-test shows are read`() throws {
    let cases = try blocks(page("streamline-test.1")).filter { $0.hasPrefix("- name: ") }
    #expect(cases.count >= 4)
    let stages = "stages: [{name: fetch, exec: x}, {name: redact, trim: {}}]\n"
    for one in cases {
      let lines = one.split(separator: "\n").map { "  \($0)\n" }.joined()
      let call = try FrontEndCall(
        ["test", "--list", "p.yaml"], files: ["p.yaml": "\(stages)tests:\n\(lines)"])
      #expect(call.status == 0, "\(one)\(call.messages)")
    }
  }

  @Test func `streamline-test has the options of the command, with their values`() throws {
    let lines = try page("streamline-test.1").split(separator: "\n").filter { $0.hasPrefix(".It ") }
    let dump = try FrontEndCall(["--experimental-dump-help"]).output
    let help = try JSONDecoder().decode(Help.self, from: Data(dump.utf8)).command
    let command = try #require(help.subcommands?.first { $0.commandName == "test" })
    for argument in command.arguments ?? [] where argument.shouldDisplay {
      guard argument.kind != "positional", let name = argument.names?.last?.name,
        !["help", "version"].contains(name)
      else { continue }
      let option = "Fl Fl \(name.replacingOccurrences(of: "-", with: "\\-"))"
      let value = argument.kind == "option" ? argument.valueName : nil
      let line = lines.first { $0.split(separator: " ").joined(separator: " ").contains(option) }
      #expect(line?.hasSuffix(value.map { " \($0)" } ?? option) == true, "\(name)")
    }
  }

  private struct Help: Decodable {
    struct Name: Decodable {
      var kind: String
      var name: String
    }
    struct Argument: Decodable {
      var kind: String
      var names: [Name]?
      var valueName: String?
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
      // It has a page of its own.
      if command.commandName == "test" { continue }
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
