import Foundation
import Testing

/// README.md shows what is there.
struct ReadmeTests {
  private static let text = read("README.md")

  private static func read(_ path: String) -> String {
    (try? String(contentsOf: SourceFile.root.appending(path: path), encoding: .utf8)) ?? ""
  }

  /// The blocks of code in one language, in their order.
  private func blocks(_ language: String) -> [String] {
    Self.text.components(separatedBy: "\n```\(language)\n").dropFirst().map {
      ($0.components(separatedBy: "\n```")[0])
    }
  }

  @Test func `the first command runs a pipeline that is there, the second all tests`() throws {
    let commands = blocks("sh")
    try #require(commands.count == 2)
    let path = try #require(
      commands[0].firstMatch(of: #/streamline run (pipelines/\S+\.yaml)/#)?.output.1)
    #expect(!Self.read(String(path)).isEmpty)
    #expect(commands[0].contains("swift build -c release --static-swift-stdlib"))
    #expect(commands[1] == "swift test")
  }

  @Test func `the pipeline and its output are those of the example`() throws {
    let example = Self.read("pipelines/check-urls.yaml")
    let pipeline = try #require(blocks("yaml").first)
    #expect(example.contains("\n\n" + pipeline + "\n\n"))
    let output = try #require(blocks("text").first).components(separatedBy: "\n").dropFirst()
    #expect(example.contains(output.map { "#   " + $0 }.joined(separator: "\n")))
  }

  @Test func `every example is listed, and what is listed is there`() throws {
    let folder = SourceFile.root.appending(path: "pipelines").path
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".yaml") && !$0.hasSuffix(".test.yaml") || $0.hasSuffix(".sh") }
    let listed = Self.text.matches(of: #/\| \[[^\]]*\]\(pipelines\/([^)]+)\)/#).map {
      String($0.output.1)
    }
    #expect(listed.sorted() == files.sorted())
  }
}
