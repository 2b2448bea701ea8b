import Lines
import Testing

@testable import PipelineRuntime

/// Each is copied several times for each batch and stage, and each copy counts its references.
@Test func `a batch and an output are small`() {
  #expect(MemoryLayout<Batch>.size <= 48)
  #expect(MemoryLayout<LineCounts>.size <= 24)
  #expect(MemoryLayout<Output>.size <= 96)
}
