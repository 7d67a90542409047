import Bytes
import Foundation
import Testing

@Suite
struct BufferPoolTests {
    @Test
    func `a pool hands out no more blocks than its limit`() throws {
        var pool = BufferPool(blockSize: 16, limit: 2, keep: 1)
        var blocks = Slab<Buffer>(limit: 2)
        for _ in 0..<2 { try take(from: &pool, into: &blocks) }
        let isThirdRefused = isEmpty(&pool)
        #expect(isThirdRefused)
        giveAll(of: &blocks, to: &pool)
        let used = pool.usedCount
        #expect(used == 0)
        try take(from: &pool, into: &blocks)
        giveAll(of: &blocks, to: &pool)
    }

    @Test
    func `the block given back last is taken first, without what was in it`() throws {
        var pool = BufferPool(blockSize: 16, limit: 8, keep: 8)
        guard var block = pool.take() else { throw PoolIsEmpty() }
        block.append("left over")
        pool.give(block)
        guard let again = pool.take() else { throw PoolIsEmpty() }
        let facts = (again.isEmpty, again.space, again.isPooled)
        pool.give(again)
        #expect(facts == (true, 16, true))
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `a pool counts its blocks over many random steps`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var pool = BufferPool(blockSize: 32, limit: 40, keep: 7)
        var blocks = Slab<Buffer>(limit: 40)
        var used: [Int] = []
        for step in 0..<10_000 {
            if used.isEmpty || Bool.random(using: &random) {
                guard var block = pool.take() else {
                    #expect(used.count == 40)
                    continue
                }
                block.append(decimal: UInt64(step))
                let place = blocks.insert(block)
                let index = try #require(place).index
                used.append(index)
            } else {
                let index = used.remove(at: Int.random(in: used.indices, using: &random))
                pool.give(blocks.remove(at: index))
            }
            let count = pool.usedCount
            #expect(count == used.count)
        }
        giveAll(of: &blocks, to: &pool)
    }

    @Test
    func `what a crowd has used goes back to the system`() throws {
        let size = 64 * 1024
        var pool = BufferPool(blockSize: size, limit: 1_000, keep: 4)
        var blocks = Slab<Buffer>(limit: 1_000)
        for _ in 0..<1_000 {
            guard var block = pool.take() else { throw PoolIsEmpty() }
            for _ in 0..<size { block.append(byte: 1) }
            _ = blocks.insert(block)
        }
        let crowded = try residentBytes()
        giveAll(of: &blocks, to: &pool)
        let left = try residentBytes()
        #expect(crowded - left > 900 * size)
        // A block that comes back from there is as good as any other.
        for _ in 0..<1_000 {
            guard var block = pool.take() else { throw PoolIsEmpty() }
            block.append(byte: 2)
            _ = blocks.insert(block)
        }
        giveAll(of: &blocks, to: &pool)
    }

    private func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return (Int(text.split(separator: " ")[1]) ?? 0) * Int(getpagesize())
    }

    private struct PoolIsEmpty: Error {}

    private func take(from pool: inout BufferPool, into blocks: inout Slab<Buffer>) throws {
        guard let block = pool.take() else { throw PoolIsEmpty() }
        _ = blocks.insert(block)
    }

    private func isEmpty(_ pool: inout BufferPool) -> Bool {
        guard let block = pool.take() else { return true }
        pool.give(block)
        return false
    }

    private func giveAll(of blocks: inout Slab<Buffer>, to pool: inout BufferPool) {
        for index in 0..<blocks.indexLimit where blocks.isUsed(index) {
            pool.give(blocks.remove(at: index))
        }
    }
}
