import CLinux
import Flow
import Glibc
import Lines
import PipelineRuntime
import Testing

@testable import Host

@Suite struct CompressedInputTests {
  /// "eins\nzwei\n", made by gzip and by zstd.
  private static let gzip: [UInt8] = [
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4B, 0xCD, 0xCC, 0x2B, 0xE6, 0xAA,
    0x2A, 0x4F, 0xCD, 0xE4, 0x02, 0x00, 0x94, 0x9B, 0x82, 0xC2, 0x0A, 0x00, 0x00, 0x00,
  ]
  private static let zstd: [UInt8] = [
    0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x58, 0x51, 0x00, 0x00, 0x65, 0x69, 0x6E, 0x73, 0x0A, 0x7A, 0x77,
    0x65, 0x69, 0x0A, 0xE1, 0xDE, 0x44, 0xFC,
  ]

  /// What a source gives of a file with these bytes.
  private func read(_ bytes: [UInt8]) async throws -> (lines: [String], closing: String) {
    let folder = Folder()
    let path = "\(folder.path)/input"
    let file = FileDescriptor(number: linux_open(path, O_CREAT | O_TRUNC, 0o644))
    _ = file.writeAll(bytes)
    file.close()
    let source = try StandardSource(files: [path], maxLine: 1000)
    let queue = LineQueue(lines: 1 << 20, bytes: 1 << 24)
    async let report = source.run(into: queue)
    let (lines, _, closing) = await drain(queue)
    _ = await report
    return (lines, closing.replacing(folder.path, with: ""))
  }

  private func damaged(_ bytes: [UInt8], at i: Int) -> [UInt8] {
    var bytes = bytes
    bytes[i] ^= 0xFF
    return bytes
  }

  @Test(arguments: [gzip, zstd])
  func `a compressed file is read as the text it holds`(bytes: [UInt8]) async throws {
    let result = try await read(bytes)
    #expect(result.lines == ["eins", "zwei"])
    #expect(result.closing == "end")
  }

  @Test(arguments: [gzip, zstd])
  func `members behind each other are one text, zeros behind them nothing`(
    bytes: [UInt8]
  ) async throws {
    let many = Array(repeatElement(bytes, count: 40_000).joined()) + [0, 0, 0]
    let result = try await read(many)
    #expect(result.lines.count == 80_000)
    #expect(result.lines.last == "zwei" && result.closing == "end")
  }

  @Test(arguments: [(gzip, "gzip"), (zstd, "zstd")])
  func `data that breaks off or is damaged is an error of reading`(
    bytes: [UInt8], format: String
  ) async throws {
    for count in stride(from: 5, to: bytes.count - 1, by: 3) {
      let closing = try await read(Array(bytes.prefix(count))).closing
      #expect(
        closing.contains("reading '/input' failed behind its line")
          && closing.contains("its \(format) data breaks off"), "\(closing)")
    }
    let closing = try await read(damaged(bytes, at: bytes.count - 2)).closing
    #expect(closing.contains("its \(format) data is damaged"), "\(closing)")
    let garbage = try await read(bytes + Array("text".utf8))
    #expect(garbage.lines == ["eins", "zwei"])
    #expect(garbage.closing.contains("its \(format) data is damaged"), "\(garbage.closing)")
  }

  @Test func `a frame that asks for more memory than there is to be is refused`() async throws {
    let closing = try await read([
      0x28, 0xB5, 0x2F, 0xFD, 0x04, 0xA8, 0x64, 0x00, 0x00, 0x10, 0x00, 0x00, 0x02, 0x00, 0xE9,
    ]).closing
    #expect(closing.contains("more than 128 MiB"), "\(closing)")
  }

  @Test(arguments: [[0x1F], [0x1F, 0x8B], [0x28, 0xB5, 0x2F], [0x1F, 0x8B, 0x0A]] as [[UInt8]])
  func `what only begins like compressed data is text`(bytes: [UInt8]) async throws {
    let result = try await read(bytes)
    #expect(result.closing == "end" && result.lines.count <= 1)
  }

  @Test func `the size of compressed files is not known beforehand`() throws {
    let folder = Folder()
    let path = "\(folder.path)/input"
    let file = FileDescriptor(number: linux_open(path, O_CREAT | O_TRUNC, 0o644))
    _ = file.writeAll(Self.zstd)
    file.close()
    #expect(try StandardSource(files: [path], maxLine: 100).knownSize == nil)
  }
}
