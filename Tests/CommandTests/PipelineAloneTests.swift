import Testing

@testable import streamline

struct PipelineAloneTests {
  @Test func `a pipeline alone is run with the options that parsing gives`() throws {
    let arguments = ["run", "pipeline.yaml"]
    let alone = try #require(Program.pipelineAlone(arguments))
    let parsed = try #require(Program.run(arguments)).options()
    #expect(String(reflecting: alone) == String(reflecting: parsed))
    #expect(String(reflecting: parsed).contains("pipeline.yaml"))
  }

  @Test(arguments: [["run"], ["run", "-h"], ["run", "a", "b"], ["check", "a"]])
  func `anything else is parsed`(arguments: [String]) {
    #expect(Program.pipelineAlone(arguments) == nil)
  }
}
