/// A block of memory of which the bytes `[start, end)` are filled.
///
/// Bytes arrive at the end and leave at the front. A block is either borrowed from a
/// `BufferPool`, to which its worker gives it back, or owned (`init(capacity:)`) and freed with
/// the value.
@safe
@frozen
@usableFromInline
package struct Buffer: ~Copyable {
    @usableFromInline let base: UnsafeMutablePointer<UInt8>
    @usableFromInline var start: Int32 = 0
    @usableFromInline var end: Int32 = 0
    /// The size of the block in bytes.
    @usableFromInline let limit: Int32
    @usableFromInline let isOwned: Bool

    /// Memory of its own, for scratch space and tests.
    package init(capacity: Int) {
        unsafe base = .allocate(capacity: capacity)
        limit = Int32(capacity)
        isOwned = true
    }

    /// A block that belongs to a pool.
    @inlinable
    init(pooled block: UnsafeMutablePointer<UInt8>, capacity: Int32) {
        unsafe base = block
        limit = capacity
        isOwned = false
    }

    deinit {
        if isOwned { unsafe base.deallocate() }
    }

    /// Whether the block belongs to a pool.
    @inlinable
    package var isPooled: Bool { !isOwned }

    /// How many bytes are filled.
    @inlinable
    package var count: Int { Int(end &- start) }

    /// Whether no byte is filled.
    @inlinable
    package var isEmpty: Bool { start == end }

    /// How many bytes fit behind the filled ones.
    @inlinable
    package var space: Int { Int(limit &- end) }

    /// The size of the whole block in bytes.
    @inlinable
    package var capacity: Int { Int(limit) }

    /// How many bytes were consumed in front of the filled ones.
    @inlinable
    package var consumedCount: Int { Int(start) }

    /// The filled bytes; index 0 is the first that is not consumed.
    @inlinable
    package var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let span = unsafe Span(_unsafeStart: base + Int(start), count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Removes `count` bytes at the front.
    @inlinable
    package mutating func consume(_ count: Int) {
        precondition(count >= 0 && count <= self.count, "more consumed than filled")
        start &+= Int32(truncatingIfNeeded: count)
    }

    /// Forgets all bytes; the whole block is free again.
    @inlinable
    package mutating func removeAll() {
        start = 0
        end = 0
    }

    /// Keeps only the first `count` filled bytes.
    @inlinable
    package mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count, "truncated to more than filled")
        end = start &+ Int32(truncatingIfNeeded: count)
    }

    /// Moves the filled bytes to the front of the block, so that all free space is behind them.
    package mutating func compact() {
        guard start > 0 else { return }
        let count = self.count
        if count > 0 { unsafe base.update(from: base + Int(start), count: count) }
        start = 0
        end = Int32(count)
    }
}

extension Buffer {
    /// Appends all of `bytes`; traps when they do not fit.
    @inlinable
    package mutating func append(_ bytes: Span<UInt8>) {
        append(bytes, from: 0, to: bytes.count)
    }

    /// Appends the range `[from, to)` of `bytes`; traps when it does not fit.
    @inlinable
    package mutating func append(_ bytes: Span<UInt8>, from: Int, to: Int) {
        precondition(from >= 0 && from <= to && to <= bytes.count, "range outside of the bytes")
        let count = to &- from
        precondition(count <= space, "buffer is full")
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let first = source.baseAddress, count > 0 else { return }
            unsafe (base + Int(end)).update(from: first + from, count: count)
        }
        end &+= Int32(truncatingIfNeeded: count)
    }

    /// Appends ASCII text; traps when it does not fit. Inlined, a literal is a few stores.
    @inlinable
    @inline(__always)
    package mutating func append(_ text: StaticString) {
        let count = text.utf8CodeUnitCount
        precondition(count <= space, "buffer is full")
        unsafe (base + Int(end)).update(from: text.utf8Start, count: count)
        end &+= Int32(truncatingIfNeeded: count)
    }

    /// Appends a line of a head, `name: value`; traps when it does not fit.
    @inlinable
    package mutating func append(field name: Span<UInt8>, _ value: Span<UInt8>) {
        let (nameCount, valueCount) = (name.count, value.count)
        precondition(nameCount &+ valueCount &+ 4 <= space, "buffer is full")
        let line = unsafe UnsafeMutableRawPointer(base + Int(end))
        unsafe name.withUnsafeBytes {
            guard let first = $0.baseAddress else { return }
            unsafe line.copyMemory(from: first, byteCount: nameCount)
        }
        unsafe line.storeBytes(
            of: UInt16(0x203a).littleEndian, toByteOffset: nameCount, as: UInt16.self)
        unsafe value.withUnsafeBytes {
            guard let first = $0.baseAddress else { return }
            unsafe (line + (nameCount &+ 2)).copyMemory(from: first, byteCount: valueCount)
        }
        unsafe line.storeBytes(
            of: UInt16(0x0a0d).littleEndian, toByteOffset: nameCount &+ valueCount &+ 2,
            as: UInt16.self)
        end &+= Int32(truncatingIfNeeded: nameCount &+ valueCount &+ 4)
    }

    /// Appends one byte; traps when the block is full.
    @inlinable
    package mutating func append(byte: UInt8) {
        precondition(space > 0, "buffer is full")
        unsafe base[Int(end)] = byte
        end &+= 1
    }

    /// Appends what stands in it already, from `offset` on; traps outside of the filled bytes and
    /// when it does not fit.
    @inlinable
    package mutating func appendAgain(from offset: Int, count: Int) {
        precondition(offset >= 0 && count >= 0 && offset &+ count <= self.count, "not filled yet")
        precondition(count <= space, "buffer is full")
        unsafe (base + Int(end)).update(from: base + Int(start) + offset, count: count)
        end &+= Int32(truncatingIfNeeded: count)
    }

    /// Appends up to 16 bytes of a number, its lowest byte first; traps when 16 do not fit.
    @inlinable
    package mutating func append(first count: Int, of bytes: UInt128) {
        precondition(space >= 16 && count >= 0 && count <= 16, "buffer is full")
        let to = unsafe UnsafeMutableRawPointer(base + Int(end))
        unsafe to.storeBytes(of: bytes.littleEndian, as: UInt128.self)
        end &+= Int32(truncatingIfNeeded: count)
    }

    /// Appends a number in decimal digits, without sign.
    @inlinable
    package mutating func append(decimal number: UInt64) {
        append(number, radix: 10)
    }

    /// Appends a number in lower-case hexadecimal digits.
    @inlinable
    package mutating func append(hexadecimal number: UInt64) {
        append(number, radix: 16)
    }

    /// Appends all 16 hexadecimal digits of a number, in lower case.
    @inlinable
    package mutating func append(sixteenDigits number: UInt64) {
        precondition(space >= 16, "buffer is full")
        let to = unsafe UnsafeMutableRawPointer(base + Int(end))
        unsafe to.storeBytes(of: Self.digits(number &>> 32), as: UInt64.self)
        unsafe to.storeBytes(of: Self.digits(number), toByteOffset: 8, as: UInt64.self)
        end &+= 16
    }

    /// The digits of the lower half of a number, all eight at once, the first one lowest.
    @inlinable
    static func digits(_ number: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var spread = number & 0xffff_ffff
        spread = (spread | spread &<< 16) & 0x0000_ffff_0000_ffff
        spread = (spread | spread &<< 8) & 0x00ff_00ff_00ff_00ff
        spread = (spread | spread &<< 4) & 0x0f0f_0f0f_0f0f_0f0f
        let letters = (spread &+ ones &* 6) &>> 4 & ones
        return (spread &+ ones &* 0x30 &+ letters &* 0x27).bigEndian
    }

    /// Where the radix is known, which inlining sees to, no digit costs a division.
    @inlinable
    @inline(__always)
    mutating func append(_ number: UInt64, radix: UInt64) {
        var digits = 1
        var rest = number / radix
        while rest > 0 {
            digits &+= 1
            rest /= radix
        }
        precondition(digits <= space, "buffer is full")
        var position = Int(end) &+ digits
        rest = number
        repeat {
            position &-= 1
            let digit = UInt8(truncatingIfNeeded: rest % radix)
            unsafe base[position] = digit < 10 ? 0x30 &+ digit : 0x57 &+ digit
            rest /= radix
        } while rest > 0
        end &+= Int32(digits)
    }
}

extension Buffer {
    /// Lets a system call write behind the filled bytes; `body` gets the free space and returns
    /// how many bytes it filled, or a negative value, which is passed on.
    @unsafe
    @inlinable
    package mutating func fill(_ body: (UnsafeMutableRawPointer, Int) -> Int) -> Int {
        let result = unsafe body(UnsafeMutableRawPointer(base + Int(end)), space)
        if result > 0 {
            precondition(result <= space, "more filled than there was room for")
            end &+= Int32(truncatingIfNeeded: result)
        }
        return result
    }

    /// Lets a system call read the filled bytes; nothing is consumed.
    @unsafe
    @inlinable
    package func read(_ body: (UnsafeRawPointer, Int) -> Int) -> Int {
        unsafe body(UnsafeRawPointer(base + Int(start)), count)
    }
}
