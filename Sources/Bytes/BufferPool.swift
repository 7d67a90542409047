import Glibc

/// A worker's blocks of one size, taken and given back in last-in, first-out order, so that the
/// block in use is the one that the cache still holds.
///
/// At most `limit` blocks exist. Of those that nobody uses at most `keep` keep their memory; that
/// of the others goes back to the system, so that a crowd leaves nothing behind (madvise(2)).
@safe
@frozen
@usableFromInline
package struct BufferPool: ~Copyable {
    /// Blocks are carved out of mappings of so many, for the kernel's sake: mappings are counted.
    private static let blocksPerMapping = 16

    /// The size of each block in bytes.
    @usableFromInline package let blockSize: Int
    @usableFromInline let limit: Int
    @usableFromInline let keep: Int
    /// Free blocks with memory: the one given back last is the last.
    @usableFromInline var warm: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>>
    @usableFromInline var warmCount = 0
    /// Free blocks whose memory went back.
    @usableFromInline var cold: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>>
    @usableFromInline var coldCount = 0
    /// How many blocks exist, used or free.
    @usableFromInline var existing = 0
    private var mappings: [UnsafeMutablePointer<UInt8>] = unsafe []

    package init(blockSize: Int, limit: Int, keep: Int) {
        precondition(blockSize > 0 && blockSize <= Int(Int32.max) && limit > 0 && keep > 0)
        self.blockSize = blockSize
        self.limit = limit
        self.keep = min(keep, limit)
        unsafe warm = .allocate(capacity: self.keep)
        unsafe cold = .allocate(capacity: limit)
    }

    deinit {
        for index in 0..<(unsafe mappings.count) { unsafe munmap(mappings[index], mappingSize) }
        unsafe warm.deallocate()
        unsafe cold.deallocate()
    }

    /// How many blocks are in use.
    package var usedCount: Int { existing - warmCount - coldCount }

    /// Takes a block; nil when `limit` blocks are in use.
    @inlinable
    package mutating func take() -> Buffer? {
        if warmCount > 0 {
            warmCount &-= 1
            return unsafe Buffer(pooled: warm[warmCount], capacity: Int32(blockSize))
        }
        return takeCold()
    }

    /// Takes back a block of this pool.
    @inlinable
    package mutating func give(_ buffer: consuming Buffer) {
        precondition(!buffer.isOwned && buffer.capacity == blockSize, "block of another pool")
        guard warmCount < keep else { return unsafe giveCold(buffer.base) }
        unsafe warm[warmCount] = buffer.base
        warmCount &+= 1
    }

    @usableFromInline
    mutating func takeCold() -> Buffer? {
        if coldCount == 0 { map() }
        guard coldCount > 0 else { return nil }
        coldCount -= 1
        return unsafe Buffer(pooled: cold[coldCount], capacity: Int32(blockSize))
    }

    @usableFromInline
    mutating func giveCold(_ block: UnsafeMutablePointer<UInt8>) {
        // Smaller ones, which share their pages, keep their memory.
        if blockSize % Int(getpagesize()) == 0 {
            _ = unsafe madvise(block, blockSize, MADV_DONTNEED)
        }
        unsafe cold[coldCount] = block
        coldCount += 1
    }

    /// Makes more blocks, cold ones, up to the limit.
    private mutating func map() {
        let count = min(Self.blocksPerMapping, limit - existing)
        guard count > 0 else { return }
        let mapped = unsafe mmap(
            nil, mappingSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else {
            preconditionFailure("no memory for a block")
        }
        let first = unsafe mapped.bindMemory(to: UInt8.self, capacity: mappingSize)
        unsafe mappings.append(first)
        for index in (0..<count).reversed() {
            unsafe cold[coldCount] = first + index * blockSize
            coldCount += 1
        }
        existing += count
    }

    private var mappingSize: Int { Self.blocksPerMapping * blockSize }
}
