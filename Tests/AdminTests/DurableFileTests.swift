import FoundationEssentials
import Kernel
import Testing

@Suite struct DurableFileTests {
    private let old = Array("old".utf8)
    private let new = Array("new".utf8)

    @Test func `the new text stands under the old name, with the old mode`() throws {
        let folder = try TemporaryFolder()
        try folder.write("old", to: "file")
        try DurableFile.setAccess("\(folder.path)/file", mode: 0o640, group: nil)
        let result = try DurableFile.replace("\(folder.path)/file", expecting: old, with: new)
        #expect(result == .done)
        #expect(try folder.read("file") == "new")
        #expect(try Self.mode("\(folder.path)/file") == 0o640)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
    }

    @Test func `what a crash has left behind gives way`() throws {
        let folder = try TemporaryFolder()
        try folder.write("half of a te", to: ".file.new")
        _ = try DurableFile.replace("\(folder.path)/file", with: new)
        #expect(try folder.read("file") == "new")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
    }

    @Test func `another text than the expected one stays`() throws {
        let folder = try TemporaryFolder()
        try folder.write("edited", to: "file")
        let result = try DurableFile.replace("\(folder.path)/file", expecting: old, with: new)
        #expect(result == .otherText)
        #expect(try folder.read("file") == "edited")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
    }

    @Test func `a longer text that begins like the expected one stays`() throws {
        let folder = try TemporaryFolder()
        try folder.write("old and more", to: "file")
        let result = try DurableFile.replace("\(folder.path)/file", expecting: old, with: new)
        #expect(result == .otherText)
    }

    @Test func `a link stays a link and its far end is written`() throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("far")
        try folder.write("old", to: "far/file")
        try folder.link("file", to: "far/file")
        _ = try DurableFile.replace("\(folder.path)/file", expecting: old, with: new)
        #expect(try folder.read("far/file") == "new")
        #expect(FilePath.destination(ofLink: "\(folder.path)/file") == "\(folder.path)/far/file")
    }

    @Test func `a new file gets the mode asked for`() throws {
        let folder = try TemporaryFolder()
        _ = try DurableFile.replace("\(folder.path)/file", with: new, mode: 0o600)
        #expect(try Self.mode("\(folder.path)/file") == 0o600)
    }

    @Test func `what cannot be written says why and leaves nothing behind`() throws {
        let folder = try TemporaryFolder()
        try folder.write("old", to: "file")
        #expect(throws: Errno.self) {
            try DurableFile.replace("\(folder.path)/file/inside", with: new)
        }
        #expect(throws: Errno.noSuchFile) {
            try DurableFile.replace("\(folder.path)/none/file", with: new)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
    }

    @Test func `a folder is made for its owner alone`() throws {
        let folder = try TemporaryFolder()
        try DurableFile.makeFolder("\(folder.path)/state")
        try DurableFile.makeFolder("\(folder.path)/state")
        #expect(try Self.mode("\(folder.path)/state") == 0o700)
    }

    @Test func `a locked file is refused to others until it is given back`() throws {
        let folder = try TemporaryFolder()
        var lock: FileLock? = try FileLock("\(folder.path)/lock")
        #expect(lock != nil)
        #expect(throws: Errno.heldByOther) { try FileLock("\(folder.path)/lock") }
        lock = nil
        #expect(throws: Never.self) { try FileLock("\(folder.path)/lock") }
    }

    @Test func `an unknown group is refused`() throws {
        let folder = try TemporaryFolder()
        try folder.write("old", to: "file")
        #expect(throws: Errno.self) {
            try DurableFile.setAccess("\(folder.path)/file", mode: 0o660, group: "no-such-group")
        }
    }

    private static func mode(_ path: String) throws -> Int? {
        let facts = try FileManager.default.attributesOfItem(atPath: path)
        return facts[.posixPermissions].flatMap { $0 as? Int ?? ($0 as? UInt16).map(Int.init) }
    }
}
