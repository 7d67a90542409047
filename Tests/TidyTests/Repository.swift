import Foundation

/// The files of the project, found from this file's own place.
enum Repository {
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// What the rules read, with paths from the root.
    static let files: [SourceFile] = {
        let folders = [
            "Sources", "Tests", "Benchmarks", "Fuzz", "scripts", "docker", "conf", "packaging",
            ".ci",
        ]
        let alone = ["Package.swift", "Makefile", "README.md"]
        return (folders.flatMap(paths) + alone.filter(exists)).sorted().compactMap(read)
    }()

    static func read(_ path: String) -> SourceFile? {
        guard let data = try? Data(contentsOf: root.appending(path: path)) else { return nil }
        return SourceFile(path: path, text: String(decoding: data, as: UTF8.self))
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    private static let endings: Set = [
        "", "c", "h", "md", "modulemap", "py", "sh", "swift", "yaml", "yml",
    ]

    /// The files under a folder; what is hidden or built is left out.
    private static func paths(under folder: String) -> [String] {
        let names = (contents(of: folder) ?? []).filter {
            !$0.hasPrefix(".") && !leftOut.contains($0)
        }
        return names.map { "\(folder)/\($0)" }.flatMap { path in
            if isLink(path) { return [String]() }
            if contents(of: path) != nil { return paths(under: path) }
            return endings.contains(URL(filePath: path).pathExtension) ? [path] : []
        }
    }

    /// The names in a folder; nil for what is no folder.
    private static func contents(of folder: String) -> [String]? {
        try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
    }

    /// Links lead to files that are read at their own place.
    private static func isLink(_ path: String) -> Bool {
        let place = root.appending(path: path).path
        return (try? FileManager.default.destinationOfSymbolicLink(atPath: place)) != nil
    }

    private static let leftOut: Set = ["Corpus", "__pycache__", "results"]
}
