import CAllocations

/// How many pieces of memory the calling thread asks for in `body`; nil where that is not counted.
package func allocations(_ body: () throws -> Void) rethrows -> Int? {
  let before = CAllocationsOfThread()
  try body()
  return before < 0 ? nil : CAllocationsOfThread() - before
}
