import Synchronization

/// A block of raw memory that batches share.
///
/// Unchecked for the pointer to it: the memory is written by one owner before it is handed on, and from
/// then on only read. A splitter may go on writing behind the bytes that its batches cover, which
/// nobody else looks at.
@safe
@usableFromInline
final class Storage: @unchecked Sendable {
  @usableFromInline let base: UnsafeMutableRawPointer
  @usableFromInline let capacity: Int

  /// Memory for at least `atLeast` bytes. At most 4 GiB, since offsets are 32 bits wide.
  init(atLeast bytes: Int) {
    precondition(bytes <= Int(UInt32.max), "A batch can hold 4 GiB.")
    capacity = Storage.capacity(for: bytes)
    if capacity == Storage.blockCapacity,
      let block = unsafe Storage.pool.withLock({ unsafe $0.popLast() })
    {
      unsafe base = block
    } else {
      unsafe base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    }
  }

  deinit {
    if capacity == Storage.blockCapacity {
      let isPooled = unsafe Storage.pool.withLock { pool in
        if unsafe pool.count >= Storage.pooledBlocks { return false }
        unsafe pool.append(base)
        return true
      }
      if isPooled { return }
    }
    unsafe base.deallocate()
  }

  /// For batches without bytes and builders that own nothing yet.
  @usableFromInline static let empty = Storage(atLeast: 0)

  /// Full batches are of 256 KiB; the rest is room for a line that goes beyond, or for the rest of a
  /// line carried over in front of a whole read.
  static let blockCapacity = 320 << 10
  /// 10 MiB: enough for a dozen queues, little enough to keep.
  static let pooledBlocks = 32
  private static let pool = unsafe Mutex<[UnsafeMutableRawPointer]>([])

  /// Small sizes are powers of two, so that growing is cheap; then comes the pooled block; larger
  /// ones are doubled by whoever grows them.
  private static func capacity(for bytes: Int) -> Int {
    if bytes <= 128 { return 128 }
    if bytes > blockCapacity { return (bytes + 0xFFFF) & ~0xFFFF }
    if bytes > blockCapacity / 2 { return blockCapacity }
    return 1 << (Int.bitWidth - (bytes - 1).leadingZeroBitCount)
  }

  /// A view of the first `count` bytes, for the time of `body`.
  @inlinable
  func withBytes<R: ~Copyable, E: Error>(
    upTo count: Int, _ body: (RawSpan) throws(E) -> R
  ) throws(E) -> R {
    try unsafe body(RawSpan(_unsafeStart: UnsafeRawPointer(base), byteCount: count))
  }
}
