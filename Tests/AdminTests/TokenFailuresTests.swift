import Admin
import Kernel
import Testing

@Suite struct TokenFailuresTests {
    private let begin = Instant(nanoseconds: 1_000_000_000_000)

    @Test func `ten wrong tokens are too many, and time helps`() {
        var failures = TokenFailures()
        for _ in 0..<10 {
            #expect(failures.secondsToWait("192.0.2.1", begin) == nil)
            failures.note("192.0.2.1", begin)
        }
        #expect(failures.secondsToWait("192.0.2.1", begin) == 6)
        #expect(failures.secondsToWait("192.0.2.2", begin) == nil)
        let later = begin.advanced(byMilliseconds: 6_000)
        #expect(failures.secondsToWait("192.0.2.1", later) == nil)
        failures.note("192.0.2.1", later)
        #expect(failures.secondsToWait("192.0.2.1", later) == 6)
        #expect(
            failures.secondsToWait("192.0.2.1", begin.advanced(byMilliseconds: 3_600_000)) == nil)
    }

    @Test func `a network of IPv6 counts as one address`() {
        var failures = TokenFailures()
        for number in 0..<10 { failures.note("2001:db8::\(number)", begin) }
        #expect(failures.secondsToWait("2001:db8::ffff", begin) != nil)
        #expect(failures.secondsToWait("2001:db8:0:1::1", begin) == nil)
        #expect(failures.addressCount == 1)
    }

    @Test func `the table is bounded, and keeps whoever fails most`() {
        var failures = TokenFailures()
        for _ in 0..<10 { failures.note("192.0.2.1", begin) }
        for number in 0..<3 * TokenFailures.mostAddresses {
            failures.note("10.\(number >> 16).\(number >> 8 & 255).\(number & 255)", begin)
        }
        #expect(failures.addressCount == TokenFailures.mostAddresses)
        #expect(failures.secondsToWait("192.0.2.1", begin) != nil)
    }
}
