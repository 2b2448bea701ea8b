import Foundation
import TestSupport
import Testing

/// Libraries are loaded when they are needed. A machine that has one of them not is made by a file of
/// its name that is none, which the loader finds first.
@Suite(.enabled(if: programIsThere, programIsMissing))
struct MissingLibraryTests {
  private func run(
    _ pipeline: String, _ arguments: [String] = [], input: String = "a\n", without names: [String],
    files: [String: [UInt8]] = [:]
  ) throws -> CommandOutcome {
    let folder = try CommandFolder()
    for (name, bytes) in files { try folder.add(name, bytes) }
    let libraries = try CommandFolder()
    for name in names { try libraries.add(name, []) }
    var command = try call(pipeline, arguments, input: .bytes(Array(input.utf8)), in: folder)
    let others = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"].map { ":" + $0 } ?? ""
    command.environment["LD_LIBRARY_PATH"] = libraries.path("") + others
    return try command.run()
  }

  @Test func `without libcurl a pipeline with http is refused before any file is opened`() throws {
    let names = ["libcurl.so.4", "libcurl-gnutls.so.4"]
    try run(
      "stages:\n  - tee: seen\n  - http: http://127.0.0.1:1/{}\n", without: names
    ).expect(
      status: 2,
      messages: """
        streamline: p.yaml:3:5: stage 'http': libcurl, which 'http' needs, is not on this machine
          = install it, in Debian: apt-get install libcurl4

        """)
    try run("stages: [upper]", without: names).expect(status: 0, output: "A\n")
  }

  /// "eins\n", made by gzip and by zstd.
  private static let gzip: [UInt8] = [
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4B, 0xCD, 0xCC, 0x2B, 0xE6, 0xAA,
    0x2A, 0x4F, 0xCD, 0xE4, 0x02, 0x00, 0x94, 0x9B, 0x82, 0xC2, 0x0A, 0x00, 0x00, 0x00,
  ]
  private static let zstd: [UInt8] = [
    0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x58, 0x51, 0x00, 0x00, 0x65, 0x69, 0x6E, 0x73, 0x0A, 0x7A, 0x77,
    0x65, 0x69, 0x0A, 0xE1, 0xDE, 0x44, 0xFC,
  ]

  @Test(arguments: [(gzip, "libz.so.1"), (zstd, "libzstd.so.1")])
  func `without its library compressed input can not be read`(
    bytes: [UInt8], library: String
  ) throws {
    try run("stages: [upper]", ["-i", "in"], without: [library], files: ["in": bytes]).expect(
      status: 74,
      messages: """
        streamline: cannot read 'in': it is compressed, and \(library) is not installed
          = install the package that has \(library), or decompress the file first
        streamline: complete through input line 0, output line 0

        """)
    try run("stages: [upper]", ["-i", "in"], without: ["libother.so.1"], files: ["in": bytes])
      .expect(status: 0, output: "EINS\nZWEI\n")
  }

  @Test func `without simdjson JSON is read all the same`() throws {
    let input = "{\"a\": 1, \"b\": [\"x\\u00e9\", null]}\n{\"a\": 4.0e1}\n"
    let pipeline = "stages: [{parse: json}, {filter: this.a > 0}]"
    for names in [[], ["libsimdjson.so.14"]] {
      try run(pipeline, input: input, without: names).expect(status: 0, output: input)
    }
    let refused = try run(pipeline, input: "{\"a\": }\n", without: ["libsimdjson.so.14"])
    #expect(refused.status == 1)
    #expect(refused.messages.contains("stage 'parse': input line 1: "))
  }
}
