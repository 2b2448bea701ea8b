import Foundation
import Testing

/// A target is worth having for what it can not reach. SwiftPM lets a target import whatever its
/// dependencies do, so the rule is held here.
struct ImportTests {
  /// What each target may import, from the bottom up.
  private static let table: [(target: String, ours: Set<String>, others: Set<String>)] = [
    ("YAMLTree", ["CYAML"], []),
    ("PipelineModel", ["YAMLTree"], []),
    ("Flow", [], ["DequeModule", "Synchronization", "Dispatch"]),
    ("VirtualTime", ["Flow"], ["Synchronization", "Dispatch"]),
    ("Lines", ["CPCRE2", "CSearch"], ["Synchronization", "Glibc"]),
    ("Records", ["CSimdjson", "CSearch", "Lines"], ["Glibc"]),
    ("Expressions", ["Lines", "Records"], ["Glibc", "Synchronization"]),
    (
      "Stages", ["YAMLTree", "PipelineModel", "Lines", "Records", "Expressions", "Flow"],
      ["Synchronization"]
    ),
    (
      "PipelineRuntime",
      ["YAMLTree", "PipelineModel", "Lines", "Records", "Expressions", "Flow", "Stages"],
      ["DequeModule", "Synchronization", "Glibc"]
    ),
    (
      "Host",
      ["CLinux", "CCompression", "CCurl", "Lines", "Records", "Flow", "Stages", "PipelineRuntime"],
      ["DequeModule", "Synchronization", "Glibc"]
    ),
    (
      "PipelineTesting",
      [
        "CLinux", "YAMLTree", "PipelineModel", "Lines", "Records", "Flow", "VirtualTime", "Stages",
        "PipelineRuntime", "Host",
      ], ["Synchronization", "Glibc"]
    ),
    (
      "streamline",
      [
        "YAMLTree", "PipelineModel", "Lines", "Records", "Expressions", "Flow", "Stages",
        "PipelineRuntime", "Host", "PipelineTesting",
      ],
      ["ArgumentParser", "Synchronization", "Glibc"]
    ),
  ]

  /// A queue is asked for and a stage is described without the operating system.
  private static let withoutSystem: Set = ["YAMLTree", "PipelineModel", "Flow", "Stages"]

  private func imports(_ file: SourceFile) -> [String] {
    file.lines.filter { $0.contains("import ") }.compactMap { line in
      let pattern =
        #/^\s*(?:@\w+ )?(?:(?:public|package|internal|fileprivate|private) )?import (\w+)/#
      return (line.firstMatch(of: pattern)?.output.1).map(String.init)
    }
  }

  @Test func `a target imports only what the table lets it`() {
    let files = SourceFile.sources
    #expect(files.count > 100, "the sources are not where this test looks")
    for file in files {
      guard let row = Self.table.first(where: { $0.target == file.target }) else {
        Issue.record("\(file.path): the table has no target '\(file.target)'")
        continue
      }
      for name in imports(file) where !row.ours.union(row.others).contains(name) {
        Issue.record("\(file.path) imports \(name)")
      }
    }
  }

  @Test func `the table forbids what it is there for`() {
    for row in Self.table {
      #expect(!row.others.contains("Foundation"))
      if Self.withoutSystem.contains(row.target) { #expect(!row.others.contains("Glibc")) }
    }
    // Nothing is allowed that stands above it, so there can be no circle.
    for (index, row) in Self.table.enumerated() {
      for above in Self.table[index...] { #expect(!row.ours.contains(above.target)) }
    }
  }

  @Test func `the manifest says the same`() throws {
    let url = SourceFile.root.appending(path: "Package.swift")
    let manifest = try String(contentsOf: url, encoding: .utf8)
    // Each target's text: from one "target(" to the next.
    let texts = manifest.components(separatedBy: "arget(")
    for row in Self.table {
      let text = try #require(
        texts.first { $0.firstMatch(of: #/^\s*name: "(\w+)"/#)?.output.1 == row.target[...] })
      let named = Set(text.matches(of: #/"(\w+)"/#).map { String($0.output.1) })
      let all = Set(Self.table.map(\.target)).union([
        "CYAML", "CPCRE2", "CLinux", "CSearch", "CSimdjson", "CCompression", "CCurl",
      ])
      #expect(named.intersection(all).subtracting([row.target]) == row.ours, "\(row.target)")
    }
  }
}
