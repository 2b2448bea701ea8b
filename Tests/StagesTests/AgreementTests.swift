import Stages
import Testing

/// A stage and the command it has to agree with, byte for byte.
struct Peer: CustomTestStringConvertible, Sendable {
  var stage: String
  var command: [String]
  var locale = "C.UTF-8"

  var testDescription: String { "\(stage) = \(command.joined(separator: " "))" }
}

private let peers: [Peer] = [
  Peer(stage: "grep: error", command: ["grep", "-a", "error"]),
  Peer(stage: "grep: {pattern: the, ignore_case: true}", command: ["grep", "-ai", "the"]),
  Peer(stage: "grep: {pattern: a.c, fixed: true}", command: ["grep", "-aF", "a.c"]),
  Peer(stage: "grep: {pattern: e, invert: true}", command: ["grep", "-av", "e"]),
  Peer(stage: "grep: '^[A-Z].*[0-9]$'", command: ["grep", "-aE", "^[A-Z].*[0-9]$"]),
  Peer(stage: "grep: '\" (404|50[0-9]) '", command: ["grep", "-aE", "\" (404|50[0-9]) "]),
  Peer(stage: "grep: '^$'", command: ["grep", "-aE", "^$"]),
  Peer(stage: "grep: ' [^ ]*é[^ ]* '", command: ["grep", "-aP", " [^ ]*é[^ ]* "]),
  Peer(
    stage: "grep: [one, two, 'x$']", command: ["grep", "-aE", "-e", "one", "-e", "two", "-e", "x$"]),
  Peer(
    stage: "grep: {pattern: [sun, moon, star, Mars], fixed: true}",
    command: ["grep", "-aF", "-e", "sun", "-e", "moon", "-e", "star", "-e", "Mars"]),
  Peer(
    stage: "grep: {pattern: '[0-9]+', only_matching: true}", command: ["grep", "-aoE", "[0-9]+"]),
  Peer(stage: "cut: '2'", command: ["cut", "-f2"]),
  Peer(stage: "cut: '1,3-5,7-'", command: ["cut", "-f1,3-5,7-"]),
  Peer(stage: "cut: '-3'", command: ["cut", "-f-3"]),
  Peer(stage: "cut: {fields: '3-4', delimiter: ' '}", command: ["cut", "-d ", "-f3-4"]),
  Peer(stage: "cut: {fields: '5', delimiter: ' '}", command: ["cut", "-d ", "-f5"]),
  Peer(stage: "cut: {fields: '4-', delimiter: ' '}", command: ["cut", "-d ", "-f4-"]),
  Peer(stage: "cut: {fields: '1-2,4,6-7', delimiter: e}", command: ["cut", "-de", "-f1-2,4,6-7"]),
  Peer(stage: "cut: {fields: '2,1', delimiter: ','}", command: ["cut", "-d,", "-f2,1"]),
  Peer(
    stage: "cut: {fields: '2-3,9', delimiter: ' ', output_delimiter: ' | '}",
    command: ["cut", "-d ", "-f2-3,9", "--output-delimiter= | "]),
  Peer(stage: "cut: {bytes: '3-7,12-'}", command: ["cut", "-b3-7,12-"], locale: "C"),
  Peer(
    stage: "cut: {bytes: '1-2,3,8', output_delimiter: '_'}",
    command: ["cut", "-b1-2,3,8", "--output-delimiter=_"], locale: "C"),
  Peer(stage: "head", command: ["head"]),
  Peer(stage: "head: 1000", command: ["head", "-n1000"]),
  Peer(stage: "tail", command: ["tail"]),
  Peer(stage: "tail: 5000", command: ["tail", "-n5000"]),
  Peer(stage: "skip: 7", command: ["tail", "-n+8"]),
  Peer(stage: "dedupe: {consecutive: true}", command: ["uniq"], locale: "C"),
  Peer(stage: "dedupe", command: ["awk", "!seen[$0]++"], locale: "C"),
  Peer(stage: "reverse", command: ["tac"]),
  Peer(stage: "enumerate", command: ["nl", "-ba"]),
  Peer(
    stage: "enumerate: {start: -5, width: 3, separator: ': '}",
    command: ["nl", "-ba", "-v-5", "-w3", "-s: "]),
  Peer(stage: "sample: {every: 3}", command: ["awk", "NR % 3 == 0"], locale: "C"),
  Peer(
    stage: "replace: {pattern: '([a-z]+) ([a-z]+)', with: '$2 <$1>'}",
    command: ["sed", "-E", "s/([a-z]+) ([a-z]+)/\\2 <\\1>/g"], locale: "C"),
  Peer(
    stage: "replace: {pattern: e, with: '$$', first: true}", command: ["sed", "s/e/$/"],
    locale: "C"),
  Peer(stage: "split: ' '", command: ["tr", " ", "\\n"], locale: "C"),
  Peer(stage: "join: ' '", command: ["paste", "-sd "], locale: "C"),
]

@Test(.enabled(if: Corpora.areThere, "the folder ../shared/corpora is not there"), arguments: peers)
func `stages agree with the commands they replace on real files`(peer: Peer) throws {
  for path in Corpora.small {
    var expected = try printed(peer.command, path, locale: peer.locale)
    // Lines that are written all end alike; some commands leave a last one as it was.
    if let last = expected.last, last != 0x0A { expected.append(0x0A) }
    let input = try Corpora.bytes(path)
    #expect(try StageRun(peer.stage).written(input) == expected, "\(path)")
  }
}

/// Every stage that works on text, in forms that reach its slower ways.
private let textStages = [
  "grep: '.'", "grep: {pattern: '\\w+.', only_matching: true}",
  "grep: {pattern: é, ignore_case: true}",
  "replace: {pattern: '(.)(.)', with: '$2$1'}", "replace: {pattern: '', with: '|'}",
  "replace: {pattern: '\\S+', with: '<$0>'}", "cut: '1-2'", "cut: {characters: '2-5,7'}",
  "cut: {fields: '1,3', delimiter: 'é'}", "cut: {bytes: '-4'}", "split: ' '", "split: '::'",
  "join: {with: é, size: 3}", "trim", "trim: {characters: ' é'}", "upper", "lower", "enumerate",
  "head: 5", "tail: 5", "skip: 5", "sample: 0.5", "sample: {size: 7}", "sample: {every: 3}",
  "reverse",
  "dedupe", "dedupe: last", "dedupe: {consecutive: true, keep: last}", "template: '{nr} {} {}'",
]

@Test(
  .enabled(if: Corpora.areThere, "the folder ../shared/corpora is not there"),
  arguments: textStages)
func `hostile files go through every stage, the same in every batch size`(stage: String) throws {
  for path in Corpora.hostile {
    let lines = try Corpora.bytes(path).lines
    let whole = try StageRun(stage).run(lines)
    for size in [1, 7] {
      #expect(try StageRun(stage).run(lines, batchSize: size) == whole, "\(path)")
    }
    #expect(whole.failure == nil || whole.failure?.kind == .pattern, "\(path)")
  }
}
