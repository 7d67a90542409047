/// A worker's blocks of one size, taken and given back in last-in, first-out order, so that the
/// block in use is the one that the cache still holds.
///
/// At most `limit` blocks exist; `keep` blocks at most are kept when nobody uses them.
@safe
@frozen
@usableFromInline
package struct BufferPool: ~Copyable {
    /// The size of each block in bytes.
    @usableFromInline package let blockSize: Int
    @usableFromInline let limit: Int
    @usableFromInline let keep: Int
    @usableFromInline var free: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>>
    @usableFromInline var freeCount = 0
    /// How many blocks exist, used or free.
    @usableFromInline var existing = 0

    package init(blockSize: Int, limit: Int, keep: Int) {
        precondition(blockSize > 0 && blockSize <= Int(Int32.max) && limit > 0 && keep > 0)
        self.blockSize = blockSize
        self.limit = limit
        self.keep = min(keep, limit)
        unsafe free = .allocate(capacity: self.keep)
    }

    deinit {
        for index in 0..<freeCount { unsafe free[index].deallocate() }
        unsafe free.deallocate()
    }

    /// How many blocks are in use.
    package var usedCount: Int { existing - freeCount }

    /// Takes a block; nil when `limit` blocks are in use.
    @inlinable
    package mutating func take() -> Buffer? {
        if freeCount > 0 {
            freeCount &-= 1
            return unsafe Buffer(pooled: free[freeCount], capacity: Int32(blockSize))
        }
        guard existing < limit else { return nil }
        return allocate()
    }

    /// Takes back a block of this pool.
    @inlinable
    package mutating func give(_ buffer: consuming Buffer) {
        precondition(!buffer.isOwned && buffer.capacity == blockSize, "block of another pool")
        guard freeCount < keep else {
            existing &-= 1
            unsafe buffer.base.deallocate()
            return
        }
        unsafe free[freeCount] = buffer.base
        freeCount &+= 1
    }

    @usableFromInline
    mutating func allocate() -> Buffer {
        existing += 1
        return unsafe Buffer(pooled: .allocate(capacity: blockSize), capacity: Int32(blockSize))
    }
}
