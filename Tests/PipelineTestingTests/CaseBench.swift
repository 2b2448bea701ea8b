import PipelineModel
import PipelineRuntime
import Stages
import Testing
import YAMLTree

@testable import PipelineTesting

/// Runs cases written as YAML, in this process.
struct CaseBench {
  var suite: TestSuite
  var diagnostics: [Diagnostic]

  /// - Parameters:
  ///   - stages: what stands under `stages:`, without indent.
  ///   - cases: what stands under `tests:`, without indent.
  init(_ stages: String, _ cases: String, files: [String: String] = [:]) throws {
    try self.init(
      file: "stages:\n\(Self.indented(stages))\ntests:\n\(Self.indented(cases))\n", files: files)
  }

  /// - Parameter text: the whole pipeline file.
  init(file text: String, files: [String: String] = [:]) throws {
    var finder = TestFinder(
      TestFinder.Files(
        read: { path throws(Diagnostic) in
          guard let found = path == "p.yaml" ? text : files[path] else {
            throw Diagnostic("\(path) is not there")
          }
          return Array(found.utf8)
        }, list: { _ in nil }), catalogue: Catalogue.manuals)
    finder.find(["p.yaml"])
    diagnostics = finder.diagnostics
    suite = try finder.suites.first ?? Self.none(diagnostics)
    self.files = files
  }

  private let files: [String: String]

  private static func none(_ diagnostics: [Diagnostic]) throws -> TestSuite {
    throw diagnostics.first ?? Diagnostic("no suite")
  }

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? "" : "  " + $0 }.joined(separator: "\n")
  }

  /// The result of the first case, or of the one at `index`.
  func result(
    _ index: Int = 0, seeds: Range<UInt64> = 1..<2, cutsReads: Bool = false
  ) async throws -> CaseResult {
    try #require(suite.cases.count > index, "\(diagnostics)")
    let files = files
    let surroundings = CaseSurroundings(
      messages: { _, _ in "" },
      read: { path throws(Diagnostic) in
        guard let text = files[path] else { throw Diagnostic("\(path) is not there") }
        return Array(text.utf8)
      })
    return await CaseVerdict(suite.cases[index], of: suite, surroundings, begins: { _ in })
      .result(seeds: seeds, cutsReads: cutsReads)
  }
}

/// The case passes.
func expectPass(
  _ stages: String, _ testCase: String, seeds: Range<UInt64> = 1..<6,
  at place: SourceLocation = #_sourceLocation
) async throws {
  let bench = try CaseBench(stages, "- name: it\n" + CaseBench.body(testCase))
  #expect(bench.diagnostics == [], sourceLocation: place)
  let result = try await bench.result(seeds: seeds)
  #expect(result.status == .passed, "\(result.details)", sourceLocation: place)
}

/// The case fails, and says this.
func expectFail(
  _ stages: String, _ testCase: String, _ words: String...,
  at place: SourceLocation = #_sourceLocation
) async throws {
  let bench = try CaseBench(stages, "- name: it\n" + CaseBench.body(testCase))
  #expect(bench.diagnostics == [], sourceLocation: place)
  let result = try await bench.result()
  #expect(result.status != .passed, sourceLocation: place)
  for word in words {
    #expect(result.details.contains(word), "\(result.details)", sourceLocation: place)
  }
}

extension CaseBench {
  static func body(_ text: String) -> String {
    text.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
  }
}
