/// What batches share: memory with bytes in it, and a table of where items lie in them. Nothing of it
/// changes once it is made, so that a batch is one reference and says which part of the table is its.
@usableFromInline
final class Block: Sendable {
  @usableFromInline let storage: Storage
  @usableFromInline let table: ContiguousArray<Extent>
  /// How many bytes of the storage were written when this block was made.
  @usableFromInline let limit: Int
  /// How many bytes of the storage are kept for this block's sake, the rest being other blocks'.
  @usableFromInline let share: Int
  /// Set where the items are known to lie one right behind the other in storage: the byte that stands
  /// behind each of them. It spares walks over the table.
  let ending: UInt8?
  @usableFromInline let origins: Origins?
  /// What was found in the storage; see `Batch.tokens`.
  let tokens: TokenTable?

  init(
    storage: Storage, table: ContiguousArray<Extent>, limit: Int, share: Int? = nil,
    ending: UInt8? = nil, origins: Origins? = nil, tokens: TokenTable? = nil
  ) {
    self.storage = storage
    self.table = table
    self.limit = limit
    self.share = share ?? storage.capacity
    self.ending = ending
    self.origins = origins
    self.tokens = tokens
  }

  /// That of batches without items.
  @usableFromInline static let empty = Block(
    storage: .empty, table: [], limit: 0, share: 0)

  /// The memory it keeps from being freed, in bytes: its share of the storage, and its table counted as
  /// if nobody else had it.
  var keptBytes: Int { share + table.capacity * MemoryLayout<Extent>.stride }

  func with(_ table: ContiguousArray<Extent>) -> Block {
    Block(
      storage: storage, table: table, limit: limit, share: share, ending: ending, origins: origins,
      tokens: tokens)
  }

  func with(_ origins: Origins?) -> Block {
    Block(
      storage: storage, table: table, limit: limit, share: share, ending: ending, origins: origins,
      tokens: tokens)
  }

  func with(_ tokens: TokenTable?) -> Block {
    Block(
      storage: storage, table: table, limit: limit, share: share, ending: ending, origins: origins,
      tokens: tokens)
  }
}
