import Glibc
import PipelineRuntime
import Stages
import Testing

@testable import Host

@Suite struct SideFileTests {
  @Test func `a file is emptied or appended to, and written in order`() async throws {
    let folder = Folder()
    let path = folder.file("side", "old\n")
    let files = SideFiles()
    let more = try files.open(path, append: true)
    try await more.write(Array("1\n".utf8), delimiter: 0x0A)
    try await more.write(Array("2\n".utf8), delimiter: 0x0A)
    try await more.close()
    #expect(folder.text("side") == "old\n1\n2\n")
    let fresh = try files.open(path, append: false)
    try await fresh.write(Array("3\n".utf8), delimiter: 0x0A)
    try await fresh.close()
    #expect(folder.text("side") == "3\n")
  }

  @Test func `a full disk is the stage's failure and names the file`() async throws {
    let file = try SideFiles().open("/dev/full", append: false)
    do throws(SideFileFailure) {
      try await file.write(Array("1\n".utf8), delimiter: 0x0A)
      Issue.record("written")
    } catch {
      #expect(
        error.failure == Failure(.stage, "writing '/dev/full' failed: No space left on device"))
      #expect(error.written == 0)
    }
    try await file.close()
  }

  @Test func `a missing folder is told when it is opened`() {
    do {
      _ = try SideFiles().open("/no/such/side", append: false)
      Issue.record("opened")
    } catch {
      #expect(error.kind == .stage)
      #expect(error.message == "cannot write '/no/such/side': No such file or directory")
    }
  }
}
