import Flow
import Glibc
import Stages
import Testing

@testable import Host

@Suite struct SpawnFailureTests {
  private func failure(_ change: (inout ChildCommand) -> Void) async -> Failure? {
    var command = ChildCommand.shell(":")
    change(&command)
    return await Children.withOne { children in await children.run(command).failure }
  }

  @Test func `a NUL in an argument fails the line`() async {
    let failure = await failure { $0.arguments.append([0x61, 0, 0x62]) }
    #expect(failure?.kind == .spawn)
    #expect(failure?.message.contains("NUL") == true)
  }

  @Test func `an argument of 128 KiB fails the line and one byte less does not`() async {
    let long = await failure { $0.arguments.append(Array(repeating: 0x61, count: 131_072)) }
    #expect(long?.kind == .spawn)
    #expect(await failure { $0.arguments.append(Array(repeating: 0x61, count: 131_071)) } == nil)
  }

  @Test func `arguments too long together fail the line`() async {
    let failure = await failure { command in
      let argument = [UInt8](repeating: 0x61, count: 100_000)
      command.arguments += Array(repeating: argument, count: 70)
    }
    #expect(failure?.kind == .spawn)
  }

  @Test func `a folder that is missing is named`() async {
    let failure = await failure { $0.directory = "/no/such/folder" }
    #expect(failure?.kind == .spawn)
    #expect(failure?.message.contains("/no/such/folder") == true)
  }

  @Test func `a command that is missing is named`() async {
    let failure = await failure { $0.executable = "/no/such/command" }
    #expect(failure?.kind == .spawn)
    #expect(failure?.message.contains("/no/such/command") == true)
  }

  @Test func `the environment and the folder are the command's`() async {
    var command = ChildCommand.shell("echo $A; pwd", directory: "/")
    command.environment = [Array("A=b".utf8)]
    let run = await Children.withOne { [command] children in await children.run(command) }
    #expect(run.text == "b\n/\n")
  }
}

@Suite struct CommandSearchTests {
  private func find(
    _ command: String, directory: String? = nil, path: String? = nil
  ) -> Result<String, Failure> {
    Result { () throws(Failure) in
      try CommandSearch(directory: directory, path: path).find(command)
    }
  }

  @Test func `a name is searched in PATH in order`() {
    #expect(find("sh", path: "/no/such:/bin:/usr/bin") == .success("/bin/sh"))
    #expect((try? find("sh").get())?.hasSuffix("/sh") == true)
  }

  @Test func `a path is taken as it is, from the folder it will run in`() {
    #expect(find("/bin/sh") == .success("/bin/sh"))
    #expect(find("./sh", directory: "/bin") == .success("./sh"))
  }

  @Test(arguments: [
    ("no-such-command", "there is no command 'no-such-command' in PATH"),
    ("/no/such", "there is no command '/no/such'"), ("/etc", "'/etc' is a folder, not a command"),
    ("/etc/passwd", "'/etc/passwd' cannot be run: Permission denied"),
    ("", "the command has no name"),
  ])
  func `what cannot be run is refused in clear words`(command: String, message: String) {
    guard case .failure(let failure) = find(command) else {
      Issue.record("\(command) was found")
      return
    }
    #expect(failure.kind == .spawn)
    #expect(failure.message == message)
  }

  @Test func `a folder to run in must be there`() {
    guard case .failure(let failure) = find("sh", directory: "/no/such") else {
      Issue.record("found")
      return
    }
    #expect(failure.message == "there is no folder '/no/such' to run 'sh' in")
  }
}
