import Foundation
import Testing

/// The rules of the house that the compiler does not hold.
struct RuleTests {
  /// This target names what it forbids.
  private static let all =
    SourceFile.sources + SourceFile.tests.filter { $0.target != "HouseTests" }

  private func expect(
    _ words: String..., by pattern: Regex<Substring>, only allowed: Set<String> = [],
    in files: [SourceFile],
    _ reason: Comment
  ) {
    let places = files.filter { !allowed.contains($0.path) }.flatMap {
      $0.places(of: pattern, words: words)
    }
    #expect(places == [], reason)
    for path in allowed {
      #expect(
        files.contains { $0.path == path && !$0.places(of: pattern, words: words).isEmpty },
        "\(path) no longer needs to be an exception")
    }
  }

  @Test func `every task lives in an awaited group`() {
    // `main` can not wait for a group, its one task is the run itself; nor can the step executor.
    expect(
      "Task", by: #/\bTask\s*(?:<[^>]*>)?\s*(?:\([^)]*\))?\s*\{/#,
      only: ["Sources/streamline/RunPipeline.swift", "Sources/VirtualTime/StepExecutor.swift"],
      in: Self.all, "a task of nobody")
    expect(
      "Task", by: #/\bTask\s*\.\s*(?:detached|immediateDetached)/#, in: Self.all, "a detached task")
  }

  @Test func `nothing sleeps, and no clock is read but the injected one`() {
    expect(
      "sleep",
      by:
        #/\bTask\s*\.\s*sleep|\bThread\s*\.\s*sleep|(?:^\s*|[={(;]\s*|unsafe )(?:u|nano)?sleep\s*\(/#,
      in: Self.all, "sleeping hides an order that should be made")
    expect(
      "Clock", "Dispatch", "time",
      by: #/\b(?:ContinuousClock|SuspendingClock|DispatchTime|gettimeofday|timespec_get)\b/#,
      in: Self.all, "a clock that tests can not move")
    expect(
      "clock_gettime", by: #/\bclock_gettime\b/#, only: ["Sources/Host/MonotonicClock.swift"],
      in: SourceFile.sources,
      "a clock that tests can not move")
  }

  @Test func `errors are handled, and what may be missing is asked for`() {
    expect("try!", by: #/\btry!/#, in: Self.all, "try!")
    expect("as!", by: #/\bas!/#, in: SourceFile.sources, "as!")
  }

  @Test func `only the types that wrap a pointer or a lock answer for their own safety`() {
    expect(
      "@unchecked", by: #/@unchecked Sendable/#,
      only: [
        "Sources/Lines/Storage.swift", "Sources/Lines/Code.swift", "Sources/Host/Monitor.swift",
        "Sources/Host/SessionTable.swift",
        "Sources/Host/CurlLoop.swift", "Sources/Host/CurlTransfer.swift",
      ], in: SourceFile.sources, "a promise that the compiler can not check")
    expect(
      "nonisolated", by: #/nonisolated\(unsafe\)/#, in: SourceFile.sources, "a shared variable")
  }

  @Test func `nothing is public: no other package builds on this one`() {
    expect(
      "public", "open",
      by: #/(?:^|\s)(?:public|open) (?:\w+ )*(?:struct|class|enum|func|var|let|init|protocol)/#,
      in: SourceFile.sources, "package is the widest that is needed")
  }

  @Test func `no two names differ only in case`() {
    // They would be one file on macOS.
    for folder in ["Sources", "Tests", "pipelines", "man"] {
      let paths = SourceFile.paths(in: folder)
      let names = Dictionary(grouping: paths) { $0.lowercased() }
      #expect(names.values.filter { $0.count > 1 } == [])
    }
  }

  @Test func `the top level holds what it should and nothing else`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: SourceFile.root.path)
      .filter { !$0.hasPrefix(".") && $0 != "Package.resolved" }
    #expect(
      names.sorted() == [
        "LICENSE", "Package.swift", "README.md", "Sources", "Tests", "man", "pipelines",
      ])
  }

  @Test func `no folder is for things without a place`() {
    let idle: Set = ["utilities", "utils", "helpers", "common", "core", "misc", "shared"]
    for path in SourceFile.paths(in: "Sources") + SourceFile.paths(in: "Tests") {
      let parts = path.lowercased().split(separator: "/").map(String.init)
      #expect(idle.isDisjoint(with: parts), "\(path)")
    }
  }
}
