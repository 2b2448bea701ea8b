import Foundation
import TestSupport
import Testing

private let corpora = URL(filePath: #filePath).deletingLastPathComponent()
  .appending(path: "../../../shared/corpora/real").standardized
private let corporaAreThere = FileManager.default.fileExists(atPath: corpora.path)

private let missingPeers = ["mlr", "jq", "datamash", "sqlite3"].filter { name in
  let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
  return !folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
}
private let peersAreMissing: Comment =
  "not there, so that questions are left out: \(missingPeers.joined(separator: ", "))"

/// Questions about real files, asked of the program and of a peer, who must give the same bytes.
/// Where one of the programs that a peer's command needs is missing, the question is left out.
@Suite(
  .enabled(if: programIsThere, programIsMissing),
  .enabled(if: corporaAreThere, "the folder ../shared/corpora is not there"))
struct QuestionTests {
  private static let all =
    Question.ofTables + Question.ofPlaces + Question.ofLogs + Question.ofEdits + Question.ofText

  /// A case that is cancelled says nothing; a test that is skipped says why.
  @Test(.enabled(if: missingPeers.isEmpty, peersAreMissing))
  func `every peer is there to be asked`() {}

  @Test(arguments: all) func `the program and its peer give the same answer`(
    question: Question
  ) throws {
    let missing = missingPeers.filter { question.command.contains("\($0) ") }
    if !missing.isEmpty {
      try Test.cancel("\(missing.joined(separator: ", ")) not there")
    }
    let folder = try CommandFolder()
    let input = Command.Input.file(corpora.appending(path: question.file).path)
    let environment = ["LC_ALL": "C", "CORPORA": corpora.path]

    var peer = Command(["-c", question.command], in: folder, input: input)
    peer.program = "/bin/sh"
    peer.environment = environment
    let expected = try peer.run()
    #expect(expected.status == 0, "\(expected.messages)")
    #expect(!expected.output.isEmpty)

    var ours = try call(question.pipeline, input: input, in: folder)
    ours.environment = environment
    let outcome = try ours.run()
    #expect(outcome.status == 0, "\(outcome.messages)")
    // Compared outside of the macro, which would print every byte.
    let difference = Self.firstDifference(outcome.output, expected.output)
    #expect(difference == nil)
  }

  /// Strings would be equal where their bytes are not.
  private static func firstDifference(_ ours: [UInt8], _ theirs: [UInt8]) -> String? {
    guard ours != theirs else { return nil }
    let ours = ours.split(separator: 0x0A, omittingEmptySubsequences: false)
    let theirs = theirs.split(separator: 0x0A, omittingEmptySubsequences: false)
    let place = zip(ours, theirs).enumerated().first { $0.element.0 != $0.element.1 }
    guard let (index, lines) = place else { return "\(ours.count) lines, not \(theirs.count)" }
    let texts = (String(decoding: lines.0, as: UTF8.self), String(decoding: lines.1, as: UTF8.self))
    return "line \(index + 1): '\(texts.0)', not '\(texts.1)'"
  }
}
