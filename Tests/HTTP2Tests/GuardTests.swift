import Testing

@testable import HTTP2

/// Frames are cut and counted before nghttp2 sees them.
struct GuardTests {
    @Test(arguments: 1...40)
    func `a piece has at most one frame, however the bytes come`(step: Int) {
        let bytes =
            Wire.preface + Wire.frame(.settings) + Wire.frame(.data, stream: 3, [1, 2, 3])
            + Wire.frame(.headers, 0, stream: 5, [1]) + Wire.frame(.continuation, 4, stream: 5)
        var cutter = HTTP2FrameCutter(hasPreface: true)
        var (at, starts) = (0, [HTTP2FrameHeader]())
        while at < bytes.count {
            let part = Array(bytes[at..<min(bytes.count, at + step)])
            var from = 0
            while from < part.count {
                let piece = cutter.next(part.span, from: from)
                #expect(piece.count > 0 && from + piece.count <= part.count)
                #expect(piece.heldCount <= min(8, piece.count))
                if let started = piece.started { starts.append(started) }
                from += piece.count
                if starts.count == 3 { #expect(cutter.isInBlock) }
            }
            at += part.count
        }
        #expect(
            starts == [
                HTTP2FrameHeader(length: 0, kind: 4, flags: 0, stream: 0),
                HTTP2FrameHeader(length: 3, kind: 0, flags: 0, stream: 3),
                HTTP2FrameHeader(length: 1, kind: 1, flags: 0, stream: 5),
                HTTP2FrameHeader(length: 0, kind: 9, flags: 4, stream: 5),
            ])
        #expect(!cutter.isInBlock)
    }

    @Test func `the longest frame and the reserved bit are read as they are`() {
        var cutter = HTTP2FrameCutter(hasPreface: false)
        let head: [UInt8] = [0xff, 0xff, 0xff, 0xfe, 0xfd, 0xff, 0xff, 0xff, 0xff]
        let piece = cutter.next(head.span, from: 0)
        #expect(
            piece.started
                == HTTP2FrameHeader(length: 0xff_ffff, kind: 0xfe, flags: 0xfd, stream: .max))
    }

    @Test func `resets come back with time, up to the burst`() {
        var limits = HTTP2Limits()
        limits.resetBurst = 2
        limits.resetsPerSecond = 10
        var guarding = HTTP2Guard(limits)
        func reset(_ now: Int) -> HTTP2Fault? { guarding.takeReset(now, limits) }
        #expect([reset(0), reset(0)] == [nil, nil])
        #expect(reset(100) == nil)
        #expect(reset(150) == .resets)
        #expect(reset(300) == nil)
        #expect([reset(.max), reset(.max), reset(.max)] == [nil, nil, .resets])
        // A clock that goes back brings nothing.
        #expect(reset(0) == .resets)
    }

    @Test func `credits come back up to the limit`() {
        var limits = HTTP2Limits()
        limits.credits = 2
        limits.savedCredits = 3
        var guarding = HTTP2Guard(limits)
        let ping = HTTP2FrameHeader(length: 8, kind: 6, flags: 0, stream: 0)
        guarding.give(100, limits)
        let faults = (0..<4).map { _ in
            guarding.take(ping, isServer: true, now: 0, limits)
        }
        #expect(faults == [nil, nil, nil, .flood])
    }

    @Test func `only streams that were passed over may not be opened`() {
        let limits = HTTP2Limits()
        func fault(_ streams: [Int32], isServer: Bool = true) -> HTTP2Fault? {
            var guarding = HTTP2Guard(limits)
            for stream in streams {
                let frame = HTTP2FrameHeader(length: 1, kind: 1, flags: 4, stream: stream)
                if let fault = guarding.take(frame, isServer: isServer, now: 0, limits) {
                    return fault
                }
            }
            return nil
        }
        #expect(fault([1, 3, 5, 5, 3, 1]) == nil)
        #expect(fault([1, 7, 7, 1, 9]) == nil)
        #expect(fault([1, 7, 3]) == .protocol)
        #expect(fault([3, 1]) == .protocol)
        #expect(fault([.max, 1, 0]) == .protocol)
        #expect(fault([3, 1], isServer: false) == nil)
    }
}
