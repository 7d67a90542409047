import Bytes
import HTTP
import Testing

@testable import Proxy

@Suite
struct LogLaneTests {
    @Test
    func `blocks come out in the order in which they went in`() throws {
        let lane = LogLane()
        for round in 0..<3 {
            for number in 0..<50 { try fill(lane, UInt8(round * 50 + number)) }
            for number in 0..<50 { #expect(take(lane) == UInt8(round * 50 + number)) }
            #expect(take(lane) == nil)
        }
        #expect(lane.waitingLines == 0)
    }

    @Test
    func `there are no more blocks than a worker may fill`() throws {
        let lane = LogLane()
        for number in 0..<LogLimits.blocksPerWorker { try fill(lane, UInt8(number)) }
        #expect(hasNoFree(lane))
        #expect(lane.waitingLines == LogLimits.blocksPerWorker * 7)
        #expect(take(lane) == 0)
        // The one that came back is there again, and no other.
        try fill(lane, 0xff)
        #expect(hasNoFree(lane))
        for number in 1..<LogLimits.blocksPerWorker { #expect(take(lane) == UInt8(number)) }
        #expect(take(lane) == 0xff)
    }

    @Test
    func `a block that comes back is empty`() throws {
        let lane = LogLane()
        try fill(lane, 1)
        #expect(take(lane) == 1)
        guard let block = lane.takeFree() else { throw Peer.Failure(what: "no block") }
        let facts = (block.isEmpty, block.space)
        #expect(facts == (true, LogLimits.blockBytes))
    }

    @Test
    func `a lane stays open until its worker closes it`() {
        let lane = LogLane()
        #expect(!lane.isClosed)
        lane.close()
        #expect(lane.isClosed)
    }

    private func hasNoFree(_ lane: LogLane) -> Bool { lane.takeFree() == nil }

    private func fill(_ lane: LogLane, _ byte: UInt8) throws {
        guard var block = lane.takeFree() else { throw Peer.Failure(what: "no block") }
        block.append(byte: byte)
        lane.handOver(LogBatch(block: block, lines: 7))
    }

    private func take(_ lane: LogLane) -> UInt8? {
        guard let batch = lane.takeFull() else { return nil }
        let byte = first(batch)
        lane.giveBack(batch)
        return byte
    }

    private func first(_ batch: borrowing LogBatch) -> UInt8 { batch.block.bytes[0] }
}

@Suite
struct RequestIDTests {
    @Test
    func `workers that draw alike in one half still name requests apart`() {
        var one = RequestIDs(seeds: 1, 2)
        var other = RequestIDs(seeds: 1, 3)
        for _ in 0..<1_000 {
            let (first, second) = (one.next(), other.next())
            #expect(first.high == second.high && first.low != second.low)
        }
    }

    @Test
    func `the halves of a name are not alike`() {
        var ids = RequestIDs(seeds: 7, 8)
        for _ in 0..<1_000 {
            let id = ids.next()
            #expect(id.high != id.low)
        }
    }
}
