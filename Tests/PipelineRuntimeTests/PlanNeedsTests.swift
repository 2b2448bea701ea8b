import Testing

@testable import PipelineRuntime

/// The most that a run can need, told before it begins.
struct PlanNeedsTests {
  @Test func `groups in groups ask for children without bound, and that is a number too`() throws {
    var stage = "exec: [cat], fanout: 65536"
    for _ in 0..<9 { stage = "stages: [{\(stage)}], fanout: 65536" }
    let plan = try Plan.of(yaml: "stages: [{\(stage)}]\n")
    let needs = PlanNeeds(plan)
    #expect(needs.children >= 1 << 32 && needs.bytes == .max)
    // Two workers in each of the ten would be 1024 children.
    #expect(plan.workers { children, _ in children <= 1000 } == 1)
  }

  @Test func `requests of groups in groups are counted for each of their runs`() throws {
    let plan = try Plan.of(
      yaml: """
        stages:
          - fanout: 3
            stages:
              - { http: 'http://127.0.0.1/{}', fanout: 4 }
              - http: 'http://127.0.0.1/{}'

        """)
    #expect(plan.mostRequests == 15)
  }

  @Test func `files for what does not fit into memory are counted in branches and side streams`()
    throws
  {
    let plan = try Plan.of(
      yaml: """
        stages:
          - switch:
              - { when: this == "a", stages: [sort] }
              - stages: [sort]
          - tee: { stages: [sort] }
          - sort

        """)
    #expect(plan.mostScratchFiles == 8)
  }

  /// Where each step of a worker is news of a child, another thread would be woken for each.
  @Test(arguments: [
    ("exec: [cat]", true), ("coprocess: [cat]", true),
    ("pipe: {command: [cat], block: 1MiB}", true), ("pipe: [cat]", false), ("grep: a", false),
    ("stages: [{exec: [cat]}], fanout: 2", false),
  ])
  func `stages whose workers deal with children run where the news of these come in`(
    stage: String, dealsWithChildren: Bool
  ) throws {
    let plan = try Plan.of(yaml: "stages: [{\(stage)}]\n")
    #expect(plan.stages.map { $0.dealsWithChildren } == [dealsWithChildren])
  }
}
