internal import Kernel

/// The audit's file. Calls wait for the disk, one after the other.
package final class AuditStore: Sendable {
    /// An event and when it happened.
    package struct Entry: Sendable, Equatable {
        /// The event, and the moment in milliseconds since 1970.
        package let event: AuditEvent
        package let atMilliseconds: Int64
    }

    /// What a writing came to.
    package struct Receipt: Sendable, Equatable {
        /// Why it failed; nil when everything is on the disk.
        package var fault: String?
        /// What was found that should not have been there.
        package var findings: [String] = []
        /// How large the file is now, in bytes, and its last line.
        package var size = 0
        package var last = AuditChain.Link()
    }

    private struct Contents {
        var path: String?
        /// The size after the last writing: with any other, somebody or a crash was there.
        var size: Int?
        var last = AuditChain.Link()
    }

    /// Longer than any line.
    private static let tailBytes = 1 << 20
    private let contents = Lock(Contents())

    /// A store that has nothing yet.
    package init() {}

    /// Appends entries to a file, all or none.
    package func append(_ entries: [Entry], to path: String) -> Receipt {
        contents.withLock { contents in
            if contents.path != path { contents = Contents(path: path) }
            var receipt = Receipt()
            do throws(Errno) {
                try DurableFile.makeFolder(FilePath.folder(of: path))
                let file = try AppendFile(path: path)
                var notes: [Entry] = []
                if try file.size() != contents.size {
                    notes = try Self.mend(file, &contents, &receipt)
                }
                try Self.write(notes + entries, to: file, &contents)
            } catch {
                // What is there of it will be found and said the next time.
                contents.size = nil
                receipt.fault = "\(error)"
            }
            receipt.size = contents.size ?? 0
            receipt.last = contents.last
            return receipt
        }
    }

    private static func write(
        _ entries: [Entry], to file: borrowing AppendFile, _ contents: inout Contents
    ) throws(Errno) {
        let size = try file.size()
        var last = contents.last
        var bytes: [UInt8] = []
        for entry in entries {
            let time = Timestamp.text(milliseconds: entry.atMilliseconds)
            let line = AuditChain.line(entry.event.members, at: time, behind: last)
            bytes += Array(line.text.utf8) + [0x0a]
            last = line.link
        }
        guard !bytes.isEmpty else {
            contents.size = size
            return
        }
        do throws(Errno) {
            try file.append(bytes)
        } catch {
            // A full disk leaves half a line: it is taken back where that can be done.
            try? file.truncate(to: size)
            throw error
        }
        contents.size = size + bytes.count
        contents.last = last
    }

    /// Finds the end of the chain, and cuts off a line that a crash has torn.
    private static func mend(
        _ file: borrowing AppendFile, _ contents: inout Contents, _ receipt: inout Receipt
    ) throws(Errno) -> [Entry] {
        let tail = try file.tail(most: tailBytes)
        let size = try file.size()
        var notes: [Entry] = []
        let end = tail.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
        let torn = tail[end...]
        if !torn.isEmpty {
            let text = String(decoding: torn.prefix(2_000), as: UTF8.self)
            receipt.findings.append(
                "its last line was torn by a crash: \(torn.count) bytes are cut off and noted")
            notes.append(
                note(
                    "recovered",
                    [
                        .init(name: "torn_bytes", value: .number(torn.count)),
                        .init(name: "torn_text", value: .string(text)),
                    ]))
        }
        let whole = tail[..<end].dropLast()
        let line = whole[(whole.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0)...]
        if line.isEmpty {
            contents.last = AuditChain.Link()
        } else {
            do throws(ChainFault) {
                contents.last = try AuditChain.link(line)
            } catch {
                receipt.findings.append("its last line is not of the chain: \(error.reason)")
                let number = contents.last.number
                contents.last = AuditChain.Link(number: number, hash: SHA256.hexadecimal(line))
                notes.append(
                    note("broken", [.init(name: "fault", value: .string(error.reason))]))
            }
        }
        if !torn.isEmpty { try file.truncate(to: size - torn.count) }
        return notes
    }

    private static func note(_ kind: String, _ facts: [JSONValue.Member]) -> Entry {
        Entry(
            event: AuditEvent(kind, facts: facts, caller: .sluice),
            atMilliseconds: WallClock.nanoseconds() / 1_000_000)
    }
}
