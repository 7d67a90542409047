/// The form of the audit's lines: each holds the hash of the one before, and ends with its own.
package enum AuditChain {
    /// What the first line has in the place of a hash.
    package static let beginning = String(repeating: "0", count: 64)

    /// `,"hash":"` and 64 digits and `"}`.
    private static let sealCount = 75

    /// A place in the chain: the last line's number and hash.
    package struct Link: Sendable, Equatable {
        /// Counted from 1; 0 and the beginning before the first line.
        package let number: Int
        package let hash: String

        package init(number: Int = 0, hash: String = beginning) {
            self.number = number
            self.hash = hash
        }
    }

    /// Where a chain breaks.
    package struct Break: Error, Sendable, Equatable, CustomStringConvertible {
        /// Counted from 1.
        package let line: Int
        package let reason: String

        /// Which line, and what is wrong with it.
        package var description: String { "line \(line): \(reason)" }
    }

    /// The line behind a link, without its end, and the link that it makes.
    package static func line(
        _ members: [JSONValue.Member], at time: String, behind last: Link
    ) -> (text: String, link: Link) {
        let head: [JSONValue.Member] = [
            .init(name: "number", value: .number(last.number + 1)),
            .init(name: "at", value: .string(time)),
            .init(name: "previous", value: .string(last.hash)),
        ]
        let body = JSONWriter.line(.object(head + members)).dropLast()
        let hash = SHA256.hexadecimal(body.utf8)
        return ("\(body),\"hash\":\"\(hash)\"}", Link(number: last.number + 1, hash: hash))
    }

    /// The link that a line makes; why it is none.
    package static func link(_ line: some Collection<UInt8>) throws(ChainFault) -> Link {
        guard line.count > sealCount else { throw ChainFault(reason: "it is no line of an audit") }
        let seal = String(decoding: line.suffix(sealCount), as: UTF8.self)
        let hash = String(seal.dropFirst(9).dropLast(2))
        guard seal.hasPrefix(",\"hash\":\""), seal.hasSuffix("\"}") else {
            throw ChainFault(reason: "it does not end with its hash")
        }
        guard SHA256.hexadecimal(line.dropLast(sealCount)) == hash else {
            throw ChainFault(reason: "its text is not the one that its hash was made of")
        }
        guard let value = try? JSONReader.read(line), let number = value["number"]?.int else {
            throw ChainFault(reason: "it is no JSON with a number")
        }
        return Link(number: number, hash: hash)
    }

    /// Follows the chain through the bytes of a file; the last link.
    package static func verify(_ bytes: [UInt8]) throws(Break) -> Link {
        var last = Link()
        var start = bytes.startIndex
        var count = 0
        while start < bytes.endIndex {
            count += 1
            guard let end = bytes[start...].firstIndex(of: 0x0a) else {
                throw Break(line: count, reason: "it has no end: it was torn")
            }
            let line = bytes[start..<end]
            do throws(ChainFault) {
                let link = try link(line)
                let previous = (try? JSONReader.read(line))?["previous"]?.text
                guard previous == last.hash else {
                    throw ChainFault(reason: "it does not hold the hash of the line before")
                }
                guard link.number == last.number + 1 else {
                    throw ChainFault(reason: "its number is \(link.number)")
                }
                last = link
            } catch {
                throw Break(line: count, reason: error.reason)
            }
            start = end + 1
        }
        return last
    }
}

/// Why a line is none of the chain.
package struct ChainFault: Error, Sendable, Equatable {
    /// In words.
    package let reason: String
}
