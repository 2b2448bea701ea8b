/// xxHash's 64-bit variant with seed 0 (https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md).
enum XXH64 {
  private static let p1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let p2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let p3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let p4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let p5: UInt64 = 0x27D4_EB2F_1656_67C5

  static func hash(of bytes: [UInt8]) -> UInt64 {
    var position = 0
    var hash = p5
    if bytes.count >= 32 {
      var lanes = [p1 &+ p2, p2, 0, 0 &- p1]
      while position + 32 <= bytes.count {
        for lane in 0..<4 {
          lanes[lane] = round(lanes[lane], word(bytes, position + lane * 8, 8))
        }
        position += 32
      }
      hash =
        lanes[0].turned(1) &+ lanes[1].turned(7) &+ lanes[2].turned(12) &+ lanes[3].turned(18)
      for lane in lanes { hash = (hash ^ round(0, lane)) &* p1 &+ p4 }
    }
    hash &+= UInt64(bytes.count)
    while position + 8 <= bytes.count {
      hash = (hash ^ round(0, word(bytes, position, 8))).turned(27) &* p1 &+ p4
      position += 8
    }
    if position + 4 <= bytes.count {
      hash = (hash ^ word(bytes, position, 4) &* p1).turned(23) &* p2 &+ p3
      position += 4
    }
    while position < bytes.count {
      hash = (hash ^ UInt64(bytes[position]) &* p5).turned(11) &* p1
      position += 1
    }
    hash = (hash ^ hash >> 33) &* p2
    hash = (hash ^ hash >> 29) &* p3
    return hash ^ hash >> 32
  }

  private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    (lane &+ word &* p2).turned(31) &* p1
  }

  /// Little-endian.
  private static func word(_ bytes: [UInt8], _ position: Int, _ size: Int) -> UInt64 {
    var value: UInt64 = 0
    for i in stride(from: size - 1, through: 0, by: -1) {
      value = value << 8 | UInt64(bytes[position + i])
    }
    return value
  }
}

extension UInt64 {
  /// Rotated to the left.
  @inline(__always)
  fileprivate func turned(_ places: UInt64) -> UInt64 { self << places | self >> (64 - places) }
}
