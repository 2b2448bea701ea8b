import Foundation
import Lines
import TestSupport
import Testing

@Test func `a scratch file gives back what was put into it, wherever it is asked`() throws {
  var random = Random(seed: 7)
  let file = try ScratchFile(folder: FileManager.default.temporaryDirectory.path)
  var all: [UInt8] = []
  for _ in 0..<50 {
    let part = random.bytes([0, 10, 0x61, 0xFF], upTo: 5000)
    try file.append(part)
    all += part
    #expect(file.count == all.count)
    let start = random.below(all.count + 1)
    let length = random.below(all.count - start + 1)
    var read: [UInt8] = [1, 2]
    try file.read(length, at: start, into: &read)
    #expect(read == [1, 2] + all[start..<start + length])
  }
}

@Test func `a scratch file says why it can not be made or read`() throws {
  #expect(throws: ScratchFile.Fault.self) { try ScratchFile(folder: "/nowhere/at/all") }
  let file = try ScratchFile(folder: FileManager.default.temporaryDirectory.path)
  var read: [UInt8] = []
  #expect(throws: ScratchFile.Fault.self) { try file.read(1, at: 0, into: &read) }
}
