import Foundation

/// Why a file could not be read.
package struct FileFault: Error, Sendable, Equatable {
    /// What is wrong, without the path: `no such file`.
    package let message: String

    /// A fault with its text.
    package init(message: String) {
        self.message = message
    }
}

/// How files are read: a path in, their bytes out. Tests pass texts, the process `fromDisk`.
package typealias FileReading = (_ path: String) -> Result<[UInt8], FileFault>

/// Reads files from the disk.
package enum DiskFiles {
    /// The bytes of a file, at most one more than a configuration may have.
    package static func read(_ path: String) -> Result<[UInt8], FileFault> {
        do {
            // Opening a pipe would wait for somebody to write into it.
            let target = URL(filePath: path).resolvingSymlinksInPath().path
            let facts = try FileManager.default.attributesOfItem(atPath: target)
            guard facts[.type] as? FileAttributeType == .typeRegular else {
                return .failure(FileFault(message: "no regular file; expected a file to read"))
            }
            let handle = try FileHandle(forReadingFrom: URL(filePath: path))
            defer { try? handle.close() }
            let data = try handle.read(upToCount: Limits.fileBytes + 1)
            return .success(data.map(Array.init) ?? [])
        } catch {
            return .failure(FileFault(message: reason(error)))
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile, .fileNoSuchFile: "no such file; expected a file to read"
        case .fileReadNoPermission: "permission denied; expected a file that may be read"
        default: "cannot be read; expected a file"
        }
    }
}
