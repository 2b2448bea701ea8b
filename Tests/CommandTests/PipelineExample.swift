import Foundation
import TestSupport

/// A file of `pipelines/`: the commands of its opening comment, and what they are said to print.
///
/// A command stands behind `#   $ `, and goes on in the next line where one ends in `\`, `|` or `&&`;
/// the lines `#   …` behind it are its output. The opening ends at the first line that is no comment.
struct PipelineExample {
  struct Command {
    var text: String
    var output = ""
    /// The line read last ends in the middle of the command.
    var goesOn: Bool { ["\\", "|", "&&"].contains { text.hasSuffix($0) } }

    /// The same with a server of the tests in the place of the one it names.
    func asking(_ server: HTTPServer) -> Command {
      let (named, own) = ("127.0.0.1:8000", "127.0.0.1:\(server.port)")
      return Command(
        text: text.replacing(named, with: own), output: output.replacing(named, with: own))
    }
  }

  var name: String
  var text: String
  var commands: [Command] = []

  init(name: String, text: String) {
    self.name = name
    self.text = text
    for line in text.components(separatedBy: "\n") {
      guard line.hasPrefix("#") else { break }
      guard line.hasPrefix("#   ") else { continue }
      take(String(line.dropFirst(4)))
    }
  }

  private mutating func take(_ shown: String) {
    if shown.hasPrefix("$ ") {
      commands.append(Command(text: String(shown.dropFirst(2))))
    } else if let last = commands.indices.last {
      if commands[last].goesOn, commands[last].output.isEmpty {
        commands[last].text += "\n" + shown
      } else {
        commands[last].output += shown + "\n"
      }
    }
  }

  static var folder: URL { FrontEndCall.root.appending(path: "pipelines") }

  /// The pipelines and scripts of the folder, in the order of their names.
  static func all() throws -> [PipelineExample] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      .filter { $0.hasSuffix(".yaml") && !$0.hasSuffix(".test.yaml") || $0.hasSuffix(".sh") }
      .map {
        let text = try String(contentsOf: folder.appending(path: $0), encoding: .utf8)
        return PipelineExample(name: $0, text: text)
      }
  }
}

/// A shell command run beside a copy of `pipelines/`, with the built program first in the path.
struct ExampleFolder {
  var url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: PipelineExample.folder, to: url.appending(path: "pipelines"))
  }

  func remove() { try? FileManager.default.removeItem(at: url) }

  struct Outcome {
    var output: String
    var messages: String
    var status: Int32
  }

  /// Waits without holding a thread of the pool: other tests go on.
  func run(_ command: String) async throws -> Outcome {
    let out = url.appending(path: ".out")
    let err = url.appending(path: ".err")
    try Data().write(to: out)
    try Data().write(to: err)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    process.currentDirectoryURL = url
    var environment = ProcessInfo.processInfo.environment
    let programs = FrontEndCall.program.deletingLastPathComponent().path
    environment["PATH"] = programs + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
    environment["LC_ALL"] = "C.UTF-8"
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: out)
    process.standardError = try FileHandle(forWritingTo: err)
    let status = try await withCheckedThrowingContinuation { done in
      process.terminationHandler = { done.resume(returning: $0.terminationStatus) }
      do { try process.run() } catch { done.resume(throwing: error) }
    }
    return Outcome(
      output: try String(contentsOf: out, encoding: .utf8),
      messages: try String(contentsOf: err, encoding: .utf8), status: status)
  }
}
