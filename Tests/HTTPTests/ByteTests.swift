import HTTP
import Testing

struct `Each byte` {
    static let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8)
    static let token = letters.union("!#$%&'*+-.^_`|~".utf8)

    @Test(arguments: 0..<20)
    func `is allowed in a value or ends it, wherever it stands`(offset: Int) {
        let before = String(repeating: "v", count: offset)
        for byte in UInt8.min...UInt8.max {
            let isAllowed = byte == 0x09 || (byte >= 0x20 && byte != 0x7f)
            let value = before + character(byte) + "\t0123456789"
            let result = progress("GET / HTTP/1.1\r\nHost: a\r\nX: \(value)\r\n\r\n")
            #expect((result == .complete) == isAllowed, "byte \(byte)")
        }
    }

    @Test(arguments: 0..<18)
    func `is allowed in a field name or not, wherever it stands`(offset: Int) {
        let before = String(repeating: "X", count: offset + 1)
        for byte in UInt8.min...UInt8.max {
            let name = "\(before)\(character(byte))y"
            let result = progress("GET / HTTP/1.1\r\nHost: a\r\n\(name): 1\r\n\r\n")
            let isAllowed = Self.token.contains(byte) || byte == UInt8(ascii: ":")
            #expect((result == .complete) == isAllowed, "byte \(byte)")
        }
    }

    @Test func `is allowed in a method or not`() {
        for byte in UInt8.min...UInt8.max where byte != 0x20 {
            let result = progress("G\(character(byte))T / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect((result == .complete) == Self.token.contains(byte), "byte \(byte)")
        }
    }

    @Test func `is allowed in a target or not`() {
        for byte in UInt8.min...UInt8.max {
            let result = progress("GET /a\(character(byte))b HTTP/1.1\r\nHost: a\r\n\r\n")
            let isAllowed = byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "#")
            #expect((result == .complete) == isAllowed, "byte \(byte)")
        }
    }

    @Test func `is allowed in a host or not`() {
        let allowed = Self.letters.union("-._~!$&'()*+,;=".utf8)
        for byte in UInt8.min...UInt8.max {
            let result = progress("GET / HTTP/1.1\r\nHost: a\(character(byte))b\r\n\r\n")
            #expect((result == .complete) == allowed.contains(byte), "byte \(byte)")
        }
    }

    private func character(_ byte: UInt8) -> String { String(Unicode.Scalar(byte)) }
}
