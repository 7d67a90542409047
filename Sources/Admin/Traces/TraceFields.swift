internal import Kernel

/// Fields that are sent with spans, such as one that says who may send them.
package enum TraceFields {
    /// Why there are none.
    package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        /// Where, what is wrong, and what was expected.
        package let description: String
    }

    private static let longestFile = 64 << 10
    private static let most = 64
    /// What the message itself says.
    private static let taken: Set = [
        "connection", "content-encoding", "content-length", "content-type", "host",
        "transfer-encoding",
    ]

    /// The fields in a file.
    package static func read(
        _ path: String
    ) -> Result<[(name: String, value: String)], Fault> {
        do throws(Errno) {
            let bytes = try DurableFile.read(path, limit: longestFile)
            return parse(bytes, path: path)
        } catch {
            return .failure(Fault(description: "\(path): \(error)"))
        }
    }

    /// The fields that a file's bytes tell, a line each; empty lines and those that begin with `#`
    /// tell nothing.
    package static func parse(
        _ bytes: [UInt8], path: String
    ) -> Result<[(name: String, value: String)], Fault> {
        var fields: [(name: String, value: String)] = []
        let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        for (index, bytes) in lines.enumerated() {
            func fault(_ what: String) -> Result<[(name: String, value: String)], Fault> {
                .failure(Fault(description: "\(path):\(index + 1): \(what)"))
            }
            let line = trimmed(bytes[...])
            if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
                return fault("there is no colon; expected `Name: value`")
            }
            let name = line[..<colon]
            let value = trimmed(line[(colon + 1)...])
            guard !name.isEmpty, name.allSatisfy(isInName) else {
                return fault("this is not the name of a field; expected `Name: value`")
            }
            guard !value.isEmpty, value.allSatisfy({ (0x20...0x7e).contains($0) }) else {
                return fault("the value is empty or has a byte that is no visible ASCII")
            }
            let text = String(decoding: name, as: UTF8.self)
            guard !taken.contains(text.lowercased()) else {
                return fault("\(text) is set by Sluice itself")
            }
            guard fields.count < most else { return fault("there are more than \(most) fields") }
            fields.append((text, String(decoding: value, as: UTF8.self)))
        }
        return .success(fields)
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes.drop(while: isBlank)
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        return bytes
    }

    private static func isBlank(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0d].contains(byte) }

    private static func isInName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
