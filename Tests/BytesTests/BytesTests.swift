import Bytes
import Testing

@Suite
struct SlabTests {
    @Test
    func `a token of an element that is gone matches nothing that came after it`() {
        var slab = Slab<Int>(limit: 128)
        guard let first = slab.insert(1) else { return #expect(Bool(false), "slab is full") }
        _ = slab.remove(at: first.index)
        let second = slab.insert(2)
        #expect(second?.index == first.index)
        #expect(!slab.contains(first))
        #expect(second.map { slab.contains($0) } == true)
    }

    @Test
    func `a full slab refuses one more element`() {
        var slab = Slab<Int>(limit: 64)
        for number in 0..<64 { #expect(slab.insert(number) != nil) }
        #expect(slab.insert(64) == nil)
        #expect(slab.count == 64)
        #expect(slab[63] + slab[0] == 63)
    }

    @Test
    func `two elements can be worked on at once`() {
        var slab = Slab<[Int]>(limit: 64)
        guard let one = slab.insert([1]), let two = slab.insert([2]) else { return }
        swap(&slab[one.index], &slab[two.index])
        #expect(slab[one.index] == [2])
        #expect(slab[two.index] == [1])
    }
}

@Suite
struct BufferTests {
    @Test
    func `numbers are appended in decimal and hexadecimal`() {
        var buffer = Buffer(capacity: 64)
        buffer.append(decimal: 0)
        buffer.append(byte: 0x20)
        buffer.append(decimal: .max)
        buffer.append(" ")
        buffer.append(hexadecimal: 0xbeef)
        #expect(text(of: buffer) == "0 18446744073709551615 beef")
    }

    @Test
    func `consumed bytes leave at the front and compacting makes room`() {
        var buffer = Buffer(capacity: 8)
        buffer.append("abcdefgh")
        buffer.consume(6)
        #expect(buffer.space == 0)
        buffer.compact()
        #expect(buffer.space == 6)
        #expect(text(of: buffer) == "gh")
    }

    @Test
    func `a pool hands out no more blocks than its limit and keeps no more than it may`() {
        var pool = BufferPool(blockSize: 16, limit: 2, keep: 1)
        guard let first = pool.take(), let second = pool.take() else { return }
        #expect(pool.take() == nil)
        #expect(pool.usedCount == 2)
        pool.give(first)
        pool.give(second)
        #expect(pool.usedCount == 0)
        let third = pool.take()
        #expect(third?.isEmpty == true)
        if let third { pool.give(third) }
    }

    private func text(of buffer: borrowing Buffer) -> String {
        let bytes = buffer.bytes
        return String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }
}
