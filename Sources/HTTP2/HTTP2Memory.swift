internal import CNGHTTP2
internal import Glibc

/// Memory for nghttp2 and for streams: blocks of few sizes, which are kept when they are given back
/// and so cost next to nothing when they are taken again. A stream takes about twenty, none of
/// which lives longer than it does.
///
/// One for each worker: it is not safe to be used by several threads.
@safe
package final class HTTP2Memory {
    let pool: UnsafeMutablePointer<HTTP2BlockPool>
    private(set) var calls: nghttp2_mem

    package init() {
        let pool = UnsafeMutablePointer<HTTP2BlockPool>.allocate(capacity: 1)
        unsafe pool.initialize(to: HTTP2BlockPool())
        unsafe self.pool = pool
        unsafe calls = nghttp2_mem(
            mem_user_data: pool,
            malloc: { unsafe HTTP2Memory.pool($1)?.pointee.take($0) },
            free: { unsafe HTTP2Memory.pool($1)?.pointee.give($0) },
            calloc: { unsafe HTTP2Memory.pool($2)?.pointee.take($0, of: $1) },
            realloc: { unsafe HTTP2Memory.pool($2)?.pointee.change($0, to: $1) })
    }

    deinit {
        unsafe pool.deinitialize(count: 1)
        unsafe pool.deallocate()
    }

    private static func pool(
        _ user: UnsafeMutableRawPointer?
    ) -> UnsafeMutablePointer<HTTP2BlockPool>? {
        unsafe user?.assumingMemoryBound(to: HTTP2BlockPool.self)
    }
}

/// Blocks of 32 bytes to 2 KiB, by powers of two; what is larger comes from the system.
///
/// Sixteen bytes before each block say of which size it is, since who gives it back does not.
@safe
struct HTTP2BlockPool: ~Copyable {
    private static let sizes = 7
    private static let smallest = 32
    private static let headerBytes = 16
    /// How many bytes of one size are kept: what a few thousand streams at once leave behind.
    private static let keptBytes = 1 << 20

    /// The first free block of each size, in which the next one stands.
    private var kept: InlineArray<7, UnsafeMutableRawPointer?> = unsafe .init(repeating: nil)
    private var counts = InlineArray<7, Int>(repeating: 0)

    deinit {
        for size in 0..<Self.sizes {
            var next = unsafe kept[size]
            while let block = unsafe next {
                unsafe next = block.load(as: UnsafeMutableRawPointer?.self)
                unsafe Glibc.free(block - Self.headerBytes)
            }
        }
    }

    /// A block of at least so many bytes; nil when there is no memory.
    mutating func take(_ count: Int) -> UnsafeMutableRawPointer? {
        let size = Self.size(of: count)
        guard size < Self.sizes else { return unsafe Self.make(count, size) }
        guard let block = unsafe kept[size] else {
            return unsafe Self.make(Self.smallest &<< size, size)
        }
        unsafe kept[size] = block.load(as: UnsafeMutableRawPointer?.self)
        counts[size] &-= 1
        return unsafe block
    }

    /// So many things of so many bytes, all zero.
    mutating func take(_ number: Int, of bytes: Int) -> UnsafeMutableRawPointer? {
        let (count, isTooLarge) = number.multipliedReportingOverflow(by: bytes)
        guard !isTooLarge, let block = unsafe take(count) else { return nil }
        unsafe memset(block, 0, count)
        return unsafe block
    }

    /// Takes a block back.
    mutating func give(_ block: UnsafeMutableRawPointer?) {
        guard let block = unsafe block else { return }
        let size = unsafe (block - Self.headerBytes).load(as: Int.self)
        guard size < Self.sizes, counts[size] &<< (size &+ 5) < Self.keptBytes else {
            return unsafe Glibc.free(block - Self.headerBytes)
        }
        unsafe block.storeBytes(of: kept[size], as: UnsafeMutableRawPointer?.self)
        unsafe kept[size] = block
        counts[size] &+= 1
    }

    /// The same bytes in a block of another size; nil, and nothing changes, without memory.
    mutating func change(
        _ block: UnsafeMutableRawPointer?, to count: Int
    ) -> UnsafeMutableRawPointer? {
        guard let block = unsafe block else { return unsafe take(count) }
        let header = unsafe block - Self.headerBytes
        let size = unsafe header.load(as: Int.self)
        if size == Self.sizes, Self.size(of: count) == size {
            guard let made = unsafe realloc(header, count + Self.headerBytes) else { return nil }
            return unsafe made + Self.headerBytes
        }
        let here = size < Self.sizes ? Self.smallest &<< size : count
        if count <= here, size < Self.sizes { return unsafe block }
        guard let made = unsafe take(count) else { return nil }
        unsafe memcpy(made, block, min(here, count))
        unsafe give(block)
        return unsafe made
    }

    /// The number of the size that holds so many bytes; `sizes` when none does.
    private static func size(of count: Int) -> Int {
        guard count > smallest else { return 0 }
        return min(Int.bitWidth &- (count &- 1).leadingZeroBitCount &- 5, sizes)
    }

    private static func make(_ count: Int, _ size: Int) -> UnsafeMutableRawPointer? {
        guard let block = unsafe malloc(count + headerBytes) else { return nil }
        unsafe block.storeBytes(of: size, as: Int.self)
        return unsafe block + headerBytes
    }
}
