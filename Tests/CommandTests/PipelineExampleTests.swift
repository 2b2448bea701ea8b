import Foundation
import PipelineModel
import Stages
import TestSupport
import Testing

/// The files of `pipelines/` do what their opening comments say.
@Suite(.enabled(if: FrontEndCall.isThere, "the program is not beside the tests"))
struct PipelineExampleTests {
  private static let examples = (try? PipelineExample.all()) ?? []
  private static let offline = examples.filter { !needsCurl($0) }.map(\.name)
  private static let fetching = examples.filter(needsCurl).map(\.name)
  private static var hasCurl: Bool {
    ["/usr/bin/curl", "/bin/curl", "/usr/local/bin/curl"].contains {
      FileManager.default.isExecutableFile(atPath: $0)
    }
  }

  /// The script runs a pipeline that does.
  private static func needsCurl(_ example: PipelineExample) -> Bool {
    example.text.contains("curl") || example.text.contains("check-urls")
  }

  @Test func `there are at least eight examples, and each has a command`() throws {
    #expect(Self.offline.count + Self.fetching.count >= 8)
    for example in Self.examples { #expect(!example.commands.isEmpty, "\(example.name)") }
  }

  @Test(arguments: offline)
  func `an example prints what its opening comment says`(name: String) async throws {
    try await compare(name)
  }

  @Test(.enabled(if: hasCurl, "there is no curl"), arguments: fetching)
  func `an example that fetches prints what its opening comment says`(name: String) async throws {
    try await compare(name)
  }

  private func compare(_ name: String) async throws {
    let example = try #require(Self.examples.first { $0.name == name })
    let folder = try ExampleFolder()
    defer { folder.remove() }
    let server = try HTTPServer(folder: folder.url.appending(path: "pipelines/data"))
    for command in example.commands.map({ $0.asking(server) }) {
      let outcome = try await folder.run(command.text)
      let report: Comment = """
        \(example.name): \(command.text)
        messages: \(outcome.messages)
        """
      #expect(outcome.output == command.output, report)
      // What a command says on stderr belongs in the comment too, by 2>&1.
      #expect(outcome.messages == "", report)
      #expect(outcome.status == 0, report)
    }
  }

  @Test func `check finds nothing in the examples`() async throws {
    let folder = try ExampleFolder()
    defer { folder.remove() }
    let outcome = try await folder.run(
      "streamline check $(find pipelines -name '*.yaml' ! -name '*.test.yaml')")
    #expect(outcome.output == "")
    #expect(outcome.messages == "")
    #expect(outcome.status == 0)
  }

  @Test func `each example is a program`() async throws {
    for example in Self.examples {
      let path = PipelineExample.folder.appending(path: example.name).path
      #expect(FileManager.default.isExecutableFile(atPath: path), "\(example.name)")
      #expect(example.text.hasPrefix("#!"), "\(example.name)")
    }
    let folder = try ExampleFolder()
    defer { folder.remove() }
    let outcome = try await folder.run(
      "pipelines/log-triage.yaml -e 'head: 1' < pipelines/data/access.log")
    #expect(outcome.output == "502 POST /checkout\n")
    #expect(outcome.messages == "")
  }

  @Test func `an example that is cut off is read or refused`() {
    for example in Self.examples where example.name.hasSuffix(".yaml") {
      let bytes = Self.body(example)
      for end in 0...bytes.count { read(bytes[..<end], example.name) }
    }
  }

  @Test func `an example with one byte changed is read or refused`() {
    let changes: [UInt8] = [0, 9, 10, 32, 34, 39, 42, 58, 91, 123, 0xFF]
    for example in Self.examples where example.name.hasSuffix(".yaml") {
      let bytes = Self.body(example)
      for index in bytes.indices {
        var damaged = bytes
        // One change a byte is enough here: PipelineModelTests tries all of them on a short file.
        damaged[index] = changes[index % changes.count]
        read(damaged[...], example.name)
      }
    }
  }

  /// Without the opening comment, in which a change is none, and the tests, which are read apart.
  private static func body(_ example: PipelineExample) -> [UInt8] {
    let lines = example.text.components(separatedBy: "\n").drop { $0.hasPrefix("#") }
      .prefix { $0 != "tests:" }
    return Array(lines.joined(separator: "\n").utf8)
  }

  private func read(_ bytes: ArraySlice<UInt8>, _ name: String) {
    let result = PipelineReader.read(
      bytes: Array(bytes), file: name, catalogue: Catalogue.manuals)
    if (result.definition == nil) == result.errors.isEmpty {
      Issue.record("\(name): \(String(decoding: bytes, as: UTF8.self))")
    }
  }
}
