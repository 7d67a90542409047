import Bytes
import Testing

/// The filled bytes of a buffer.
func bytes(of buffer: borrowing Buffer) -> [UInt8] {
    let span = buffer.bytes
    return span.indices.map { span[$0] }
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
        #expect(bytes(of: buffer) == Array("0 18446744073709551615 beef".utf8))
    }

    @Test
    func `numbers of every size are what the standard library writes`() {
        var random = SeededRandom(seed: 11)
        for shift in 0..<64 {
            let number = random.next() >> UInt64(shift)
            var buffer = Buffer(capacity: 80)
            buffer.append(decimal: number)
            buffer.append(byte: 0x2f)
            buffer.append(hexadecimal: number)
            buffer.append(byte: 0x2f)
            buffer.append(sixteenDigits: number)
            let digits = String(number, radix: 16)
            let zeros = String(repeating: "0", count: 16 - digits.count)
            let expected = "\(number)/\(digits)/\(zeros)\(digits)"
            #expect(bytes(of: buffer) == Array(expected.utf8))
        }
    }

    @Test
    func `consumed bytes leave at the front and compacting makes room`() {
        var buffer = Buffer(capacity: 8)
        buffer.append("abcdefgh")
        buffer.consume(6)
        let before = buffer.space
        buffer.compact()
        let after = buffer.space
        #expect(before == 0)
        #expect(after == 6)
        #expect(bytes(of: buffer) == Array("gh".utf8))
    }

    @Test
    func `bytes are appended from a number and once more from the buffer itself`() {
        var buffer = Buffer(capacity: 32)
        buffer.append("--ab")
        buffer.consume(2)
        buffer.append(first: 3, of: 0x7a_6564_6362)
        buffer.appendAgain(from: 1, count: 3)
        buffer.append(first: 0, of: 0x61)
        buffer.appendAgain(from: 0, count: 0)
        #expect(bytes(of: buffer) == Array("abbcdbbc".utf8))
    }

    @Test
    func `a line of a head is appended whole, up to the last byte that fits`() {
        for (name, value) in [("a", ""), ("x-one", "two"), ("", ""), ("n", "v: w\u{e4}")] {
            let line = Array("\(name): \(value)\r\n".utf8)
            var buffer = Buffer(capacity: 3 + line.count)
            buffer.append("abc")
            buffer.append(field: Array(name.utf8).span, Array(value.utf8).span)
            #expect(bytes(of: buffer) == Array("abc".utf8) + line)
            #expect(buffer.space == 0)
        }
    }

    @Test
    func `a buffer of its own is not of a pool`() {
        let buffer = Buffer(capacity: 8)
        let facts = (buffer.isPooled, buffer.isEmpty, buffer.capacity)
        #expect(facts == (false, true, 8))
    }

    @Test(arguments: [UInt64(1), 2, 3, 4, 5])
    func `a buffer agrees with an array over many random steps`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var buffer = Buffer(capacity: 97)
        var model: [UInt8] = []
        var consumed = 0
        for _ in 0..<20_000 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0, 1, 2:
                let count = Int.random(in: 0...buffer.space, using: &random)
                let added = (0..<count + 4).map { _ in UInt8.random(in: 0...255, using: &random) }
                buffer.append(added.span, from: 2, to: 2 + count)
                model += added[2..<2 + count]
            case 3, 4:
                let count = Int.random(in: 0...model.count, using: &random)
                buffer.consume(count)
                model.removeFirst(count)
                consumed += count
            case 5:
                let count = Int.random(in: 0...model.count, using: &random)
                buffer.truncate(to: count)
                model = Array(model.prefix(count))
            case 6 where buffer.space == 0:
                buffer.removeAll()
                model = []
                consumed = 0
            default:
                buffer.compact()
                consumed = 0
            }
            let facts = [buffer.count, buffer.consumedCount, buffer.space]
            #expect(facts == [model.count, consumed, 97 - consumed - model.count])
            #expect(bytes(of: buffer) == model)
        }
    }
}
