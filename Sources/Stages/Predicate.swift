package import Lines

/// `if` at work: whether an item goes through the stage. One for each worker.
package protocol Predicate {
  mutating func holds(_ batch: Batch, _ index: Int) throws(Failure) -> Bool
}
